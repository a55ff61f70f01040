/**
 * Decides which stage starts when: a state machine without clock, files or processes, so that it can be simulated.
 *
 * Ready tasks start by the length of the path that hangs on them, wide ones first where that is equal. A task that
 * waits for slots keeps later tasks from taking any, and one that waits for memory or cores keeps later tasks from
 * starting at all: no task is overtaken for ever.
 */
import type { Needs } from '../../dsl/compile/plan.ts'
import { createHeap } from './heap.ts'
import { createSlots, type SlotPool } from './slots.ts'

/** Something to run. */
export interface ScheduledTask {
  readonly id: string
  /** Tasks that must be done before. */
  readonly after: readonly string[]
  readonly needs: Needs
  /** Expected duration relative to other tasks. */
  readonly cost: number
}

/** What may be used at the same time. */
export interface Limits {
  /** Number of slots. */
  readonly slots: number
  /** Number of tasks. */
  readonly jobs: number
  /** Bytes; a task that needs more runs alone. */
  readonly memory: number
  /** Processor cores; a task that needs more runs alone. @default no limit */
  readonly cores?: number
}

/** Where a task stands. */
export type TaskState =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'running'; readonly slots: readonly number[] }
  | { readonly kind: 'done' }
  | { readonly kind: 'failed' }
  | { readonly kind: 'skipped'; readonly reason: string }

/** A task to start now, with the slots it holds until it ends. */
export interface Start {
  readonly id: string
  readonly slots: readonly number[]
}

/** The state machine. */
export interface Scheduler {
  /** Marks what can start now as running, and returns it. */
  start(): readonly Start[]
  /** Ends a running task; returns what is skipped because of it. */
  end(id: string, outcome: 'done' | 'failed'): readonly Skip[]
  /** Lets nothing more start; returns what is skipped because of it. */
  halt(reason: string): readonly Skip[]
  state(id: string): TaskState
  /** Whether a ready task waits for slots, as `start` last found it. */
  waitsForSlots(): boolean
}

/** A task that will not run. */
export interface Skip {
  readonly id: string
  readonly reason: string
}

/** How tasks are scheduled. */
export interface SchedulerOptions {
  readonly keepGoing: boolean
  /** Who hands out the slots. @default as many as the limits say, for this run alone */
  readonly pool?: SlotPool
}

/**
 * Makes a scheduler for tasks in topological order. Throws where a task can never run: it waits for an unknown or
 * later task, or needs more slots than there are.
 */
export function createScheduler(
  tasks: readonly ScheduledTask[],
  limits: Limits,
  { keepGoing, pool = createSlots(limits.slots) }: SchedulerOptions,
): Scheduler {
  const nodes = link(tasks, limits)
  const withSlots = createHeap(startsBefore)
  const withoutSlots = createHeap(startsBefore)
  const used = { tasks: 0, memory: 0, cores: 0 }
  let waiting = false
  const node = (id: string): TaskNode => found(nodes, id)
  const coresOf = ({ cores = 1 }: Needs): number => cores
  const queueOf = ({ task }: TaskNode) => (task.needs.slots > 0 ? withSlots : withoutSlots)
  for (const one of nodes.values()) if (one.pending === 0) queueOf(one).push(one)

  const fits = (needs: Needs): boolean =>
    used.tasks === 0 ||
    (used.memory + needs.memory <= limits.memory &&
      used.cores + coresOf(needs) <= (limits.cores ?? Number.POSITIVE_INFINITY))

  function count({ needs }: ScheduledTask, sign: 1 | -1): void {
    used.tasks += sign
    used.memory += sign * needs.memory
    used.cores += sign * coresOf(needs)
  }

  /** The ready task to start next; those that need slots are out of question once one of them waits. */
  function next(): TaskNode | undefined {
    const [wide, slotless] = [waiting ? undefined : withSlots.peek(), withoutSlots.peek()]
    if (wide === undefined || slotless === undefined) return wide ?? slotless
    return startsBefore(wide, slotless) ? wide : slotless
  }

  function start(): readonly Start[] {
    const starts: Start[] = []
    waiting = false
    while (used.tasks < limits.jobs) {
      const first = next()
      if (first === undefined || !fits(first.task.needs)) break
      const slots = first.task.needs.slots > 0 ? pool.take(first.task.needs.slots) : []
      if (slots === undefined) {
        waiting = true
        continue
      }
      queueOf(first).pop()
      first.state = { kind: 'running', slots }
      count(first.task, 1)
      starts.push({ id: first.task.id, slots })
    }
    return starts
  }

  function end(id: string, outcome: 'done' | 'failed'): readonly Skip[] {
    const ended = node(id)
    if (ended.state.kind !== 'running') throw new Error(`Stage "${id}" ended while it was ${ended.state.kind}`)
    if (ended.state.slots.length > 0) pool.give(ended.state.slots)
    count(ended.task, -1)
    ended.state = { kind: outcome }
    if (outcome === 'failed') {
      const skipped = skipDependents(ended, `it needs "${id}", which failed`)
      return keepGoing ? skipped : [...skipped, ...halt(`the run ended early because "${id}" failed`)]
    }
    for (const dependent of ended.dependents) {
      dependent.pending -= 1
      if (dependent.pending === 0 && dependent.state.kind === 'waiting') queueOf(dependent).push(dependent)
    }
    return []
  }

  const skip = (target: TaskNode, reason: string): Skip => {
    target.state = { kind: 'skipped', reason }
    return { id: target.task.id, reason }
  }

  function skipDependents(of: TaskNode, reason: string): readonly Skip[] {
    const lost = new Set<TaskNode>()
    const open = [...of.dependents]
    for (let one = open.pop(); one !== undefined; one = open.pop()) {
      if (one.state.kind !== 'waiting' || lost.has(one)) continue
      lost.add(one)
      open.push(...one.dependents)
    }
    return [...lost].sort((a, b) => a.order - b.order).map(one => skip(one, reason))
  }

  function halt(reason: string): readonly Skip[] {
    withSlots.clear()
    withoutSlots.clear()
    waiting = false
    return [...nodes.values()].filter(({ state }) => state.kind === 'waiting').map(one => skip(one, reason))
  }

  return { start, end, halt, state: id => node(id).state, waitsForSlots: () => waiting }
}

interface TaskNode {
  readonly task: ScheduledTask
  /** Place among the tasks as given. */
  readonly order: number
  readonly dependents: TaskNode[]
  /** Own cost and that of the costliest chain of dependents. */
  priority: number
  /** Tasks it still waits for. */
  pending: number
  state: TaskState
}

function startsBefore(a: TaskNode, b: TaskNode): boolean {
  if (a.priority !== b.priority) return a.priority > b.priority
  if (a.task.needs.slots !== b.task.needs.slots) return a.task.needs.slots > b.task.needs.slots
  return a.order < b.order
}

function found(nodes: ReadonlyMap<string, TaskNode>, id: string): TaskNode {
  const node = nodes.get(id)
  if (node === undefined) throw new Error(`Stage "${id}" is not in this run, or stands before a stage it needs`)
  return node
}

function link(tasks: readonly ScheduledTask[], limits: Limits): ReadonlyMap<string, TaskNode> {
  const nodes = new Map<string, TaskNode>()
  for (const [order, task] of tasks.entries()) {
    if (task.needs.slots > limits.slots) {
      throw new Error(
        `Stage "${task.id}" needs ${task.needs.slots} slots, and this run has ${limits.slots}; let it need fewer, or give the run more with --slots`,
      )
    }
    const before = new Set(task.after)
    const added: TaskNode = {
      task,
      order,
      dependents: [],
      priority: task.cost,
      pending: before.size,
      state: { kind: 'waiting' },
    }
    for (const id of before) found(nodes, id).dependents.push(added)
    nodes.set(task.id, added)
  }
  for (const node of [...nodes.values()].reverse()) {
    node.priority += node.dependents.reduce((most, { priority }) => Math.max(most, priority), 0)
  }
  return nodes
}
