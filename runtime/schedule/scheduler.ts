/**
 * Decides when each stage is handed to an executor: a state machine without clock, files or processes, so that it can be
 * simulated.
 *
 * Ready tasks start by the length of the longest path of dependents, wide ones first among equals. A task that waits for
 * slots keeps later tasks from taking any, and one that waits for memory or cores keeps later tasks from starting at
 * all: no task is overtaken for ever.
 */

import type { Needs } from '../../dsl/compile/plan.ts'
import { UserFault } from '../../dsl/diagnostics/faults.ts'
import { createHeap } from './heap.ts'
import { createSlots, type SlotPool } from './slots.ts'
import { createTaskStates, type ScheduledTask, type Skip, type TaskNode, type TaskState } from './task_states.ts'

/** Limits on what is used at the same time. */
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

/** A task to hand out now, with the slots it owns until it ends. */
export interface Start {
  readonly id: string
  readonly slots: readonly number[]
}

/** The state machine. */
export interface Scheduler {
  /** The tasks to hand out now, each once. */
  start(): readonly Start[]
  /** Marks a task as running that was handed out ahead of its inputs. */
  begin(id: string): void
  /** Marks a task as waiting again that was handed out ahead of its inputs. */
  requeue(id: string): void
  /** Ends a task that was handed out; returns what is skipped because of it. */
  end(id: string, outcome: 'done' | 'failed'): readonly Skip[]
  /** Lets nothing more start; returns what is skipped because of it. */
  halt(reason: string): readonly Skip[]
  state(id: string): TaskState
  /** True if a ready task waits for slots, as `start` last found it. */
  waitsForSlots(): boolean
}

/** Options of scheduling. */
export interface SchedulerOptions {
  readonly keepGoing: boolean
  /** The pool of slots. @default as many as the limits say, for this run alone */
  readonly pool?: SlotPool
}

/**
 * Makes a scheduler that starts tasks, given in topological order, once they are ready and fit the limits. Throws if a
 * task can never run: it waits for an unknown or later task, or needs more slots than there are.
 */
export function createScheduler(
  tasks: readonly ScheduledTask[],
  limits: Limits,
  { keepGoing, pool = createSlots(limits.slots) }: SchedulerOptions,
): Scheduler {
  checkSlots(tasks, limits)
  const states = createTaskStates(tasks, { keepGoing })
  const withSlots = createHeap(startsBefore)
  const withoutSlots = createHeap(startsBefore)
  const used = { tasks: 0, memory: 0, cores: 0 }
  let waiting = false
  const coresOf = ({ cores = 1 }: Needs): number => cores
  const queueOf = ({ task }: TaskNode) => (task.needs.slots > 0 ? withSlots : withoutSlots)
  for (const one of states.nodes.values()) if (one.pending === 0) queueOf(one).push(one)

  const fits = (needs: Needs): boolean =>
    used.tasks === 0 ||
    (used.memory + needs.memory <= limits.memory &&
      used.cores + coresOf(needs) <= (limits.cores ?? Number.POSITIVE_INFINITY))

  function count({ needs }: ScheduledTask, sign: 1 | -1): void {
    used.tasks += sign
    used.memory += sign * needs.memory
    used.cores += sign * coresOf(needs)
  }

  /** The ready task to start next; tasks with slots are left out once one of them waits. */
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

  function clearQueues(): void {
    withSlots.clear()
    withoutSlots.clear()
    waiting = false
  }

  function end(id: string, outcome: 'done' | 'failed'): readonly Skip[] {
    const ended = states.node(id)
    if (ended.state.kind !== 'running') throw new Error(`Stage "${id}" ended while it was ${ended.state.kind}`)
    if (ended.state.slots.length > 0) pool.give(ended.state.slots)
    count(ended.task, -1)
    if (outcome === 'failed') {
      if (!keepGoing) clearQueues()
      return states.fail(ended)
    }
    for (const ready of states.succeed(ended)) queueOf(ready).push(ready)
    return []
  }

  function halt(reason: string): readonly Skip[] {
    clearQueues()
    return states.halt(reason)
  }

  return {
    start,
    begin: () => undefined,
    requeue: () => undefined,
    end,
    halt,
    state: id => states.node(id).state,
    waitsForSlots: () => waiting,
  }
}

function startsBefore(a: TaskNode, b: TaskNode): boolean {
  if (a.priority !== b.priority) return a.priority > b.priority
  if (a.task.needs.slots !== b.task.needs.slots) return a.task.needs.slots > b.task.needs.slots
  return a.order < b.order
}

function checkSlots(tasks: readonly ScheduledTask[], { slots }: Limits): void {
  const wide = tasks.find(({ needs }) => needs.slots > slots)
  if (wide === undefined) return
  throw new UserFault(`Stage "${wide.id}" needs ${wide.needs.slots} slots, and this run has ${slots}`, {
    hint: 'let it need fewer, or give the run more with --slots',
    place: wide.id,
  })
}
