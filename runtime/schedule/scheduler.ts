/**
 * Decides which stage starts when: a state machine without clock, files or processes, so that it can be simulated.
 *
 * Ready tasks start by the length of the path that hangs on them. A task that waits for slots keeps later tasks from
 * taking any, and one that waits for memory keeps later tasks from starting at all, so wide tasks never starve.
 */
import type { Needs } from '../../dsl/compile/plan.ts'

/** Something to run. */
export interface Task {
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
}

/** A task that will not run. */
export interface Skip {
  readonly id: string
  readonly reason: string
}

/**
 * Makes a scheduler for tasks in topological order. Throws where a task can never run: it waits for an unknown or
 * later task, or needs more slots than there are.
 */
export function createScheduler(
  tasks: readonly Task[],
  limits: Limits,
  { keepGoing }: { readonly keepGoing: boolean },
): Scheduler {
  const nodes = link(tasks, limits)
  const ready: Node[] = []
  const running = new Set<Node>()
  const freeSlots = Array.from({ length: limits.slots }, (_, slot) => slot)
  const node = (id: string): Node => found(nodes, id)

  function enqueue(added: Node): void {
    const place = ready.findIndex(other => other.priority < added.priority)
    ready.splice(place === -1 ? ready.length : place, 0, added)
  }
  for (const one of nodes.values()) if (one.pending === 0) enqueue(one)

  const memoryFits = (needs: Needs): boolean =>
    running.size === 0 || [...running].reduce((sum, { task }) => sum + task.needs.memory, needs.memory) <= limits.memory

  function start(): readonly Start[] {
    const starts: Start[] = []
    let slotsReserved = false
    let index = 0
    while (index < ready.length && running.size < limits.jobs) {
      const next = ready[index]
      if (next === undefined) break
      const { id, needs } = next.task
      if (needs.slots > 0 && (slotsReserved || needs.slots > freeSlots.length)) {
        slotsReserved = true
        index += 1
        continue
      }
      if (!memoryFits(needs)) break
      ready.splice(index, 1)
      const slots = freeSlots.splice(0, needs.slots)
      next.state = { kind: 'running', slots }
      running.add(next)
      starts.push({ id, slots })
    }
    return starts
  }

  function end(id: string, outcome: 'done' | 'failed'): readonly Skip[] {
    const ended = node(id)
    if (ended.state.kind !== 'running') throw new Error(`Stage "${id}" ended while it was ${ended.state.kind}`)
    freeSlots.push(...ended.state.slots)
    freeSlots.sort((a, b) => a - b)
    running.delete(ended)
    ended.state = { kind: outcome }
    if (outcome === 'failed') {
      const skipped = skipDependents(ended, `it needs "${id}", which failed`)
      return keepGoing ? skipped : [...skipped, ...halt(`the run ended early because "${id}" failed`)]
    }
    for (const dependent of ended.dependents) {
      dependent.pending -= 1
      if (dependent.pending === 0 && dependent.state.kind === 'waiting') enqueue(dependent)
    }
    return []
  }

  const skip = (target: Node, reason: string): Skip => {
    target.state = { kind: 'skipped', reason }
    return { id: target.task.id, reason }
  }

  function skipDependents(of: Node, reason: string): readonly Skip[] {
    const lost = new Set([of.task.id])
    const skipped: Skip[] = []
    // Tasks stand in topological order, so one pass finds all that hang on the failed one.
    for (const one of nodes.values()) {
      if (one.state.kind !== 'waiting' || !one.task.after.some(id => lost.has(id))) continue
      lost.add(one.task.id)
      skipped.push(skip(one, reason))
    }
    return skipped
  }

  function halt(reason: string): readonly Skip[] {
    ready.length = 0
    return [...nodes.values()].filter(({ state }) => state.kind === 'waiting').map(one => skip(one, reason))
  }

  return { start, end, halt, state: id => node(id).state }
}

interface Node {
  readonly task: Task
  readonly dependents: Node[]
  /** Own cost and that of the costliest chain of dependents. */
  priority: number
  /** Tasks it still waits for. */
  pending: number
  state: TaskState
}

function found(nodes: ReadonlyMap<string, Node>, id: string): Node {
  const node = nodes.get(id)
  if (node === undefined) throw new Error(`Stage "${id}" is not in this run, or stands before a stage it needs`)
  return node
}

function link(tasks: readonly Task[], limits: Limits): ReadonlyMap<string, Node> {
  const nodes = new Map<string, Node>()
  for (const task of tasks) {
    if (task.needs.slots > limits.slots) {
      throw new Error(`Stage "${task.id}" needs ${task.needs.slots} slots, and this run has ${limits.slots}`)
    }
    const before = new Set(task.after)
    const added: Node = { task, dependents: [], priority: task.cost, pending: before.size, state: { kind: 'waiting' } }
    for (const id of before) found(nodes, id).dependents.push(added)
    nodes.set(task.id, added)
  }
  for (const node of [...nodes.values()].reverse()) {
    node.priority += node.dependents.reduce((most, { priority }) => Math.max(most, priority), 0)
  }
  return nodes
}
