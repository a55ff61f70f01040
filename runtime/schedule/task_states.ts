/** States of tasks that depend on each other, and what the end of one means for the others. */
import type { Needs } from '../../dsl/compile/plan.ts'

/** A task of a run. */
export interface ScheduledTask {
  readonly id: string
  /** Tasks that must be done before. */
  readonly after: readonly string[]
  readonly needs: Needs
  /** Expected duration relative to other tasks. */
  readonly cost: number
}

/** State of a task. */
export type TaskState =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'running'; readonly slots: readonly number[] }
  | { readonly kind: 'done' }
  | { readonly kind: 'failed' }
  | { readonly kind: 'skipped'; readonly reason: string }

/** A task that will not run. */
export interface Skip {
  readonly id: string
  readonly reason: string
}

/** A task and its place in the graph. */
export interface TaskNode {
  readonly task: ScheduledTask
  /** Index among the tasks as given. */
  readonly order: number
  readonly dependents: TaskNode[]
  /** Own cost and that of the costliest chain of dependents. */
  priority: number
  /** Number of tasks it still waits for. */
  pending: number
  state: TaskState
}

/** The states of all tasks. */
export interface TaskStates {
  readonly nodes: ReadonlyMap<string, TaskNode>
  /** Throws for an unknown task. */
  node(id: string): TaskNode
  /** Ends a task as done; returns the tasks that are ready because of it. */
  succeed(node: TaskNode): readonly TaskNode[]
  /** Ends a task as failed; returns what is skipped because of it. */
  fail(node: TaskNode): readonly Skip[]
  /** Skips all that wait. */
  halt(reason: string): readonly Skip[]
}

/**
 * States of tasks in topological order. Throws if one waits for an unknown or later task. After a failure all that wait
 * are skipped, or with `keepGoing` those that depend on the failed task.
 */
export function createTaskStates(
  tasks: readonly ScheduledTask[],
  { keepGoing }: { readonly keepGoing: boolean },
): TaskStates {
  const nodes = link(tasks)

  const skip = (target: TaskNode, reason: string): Skip => {
    target.state = { kind: 'skipped', reason }
    return { id: target.task.id, reason }
  }

  function skipDependents(of: TaskNode, reason: string): readonly Skip[] {
    const lost = new Set<TaskNode>()
    const open = [...of.dependents]
    for (let one = open.pop(); one !== undefined; one = open.pop()) {
      if (!isOpen(one) || lost.has(one)) continue
      lost.add(one)
      open.push(...one.dependents)
    }
    return [...lost].sort((a, b) => a.order - b.order).map(one => skip(one, reason))
  }

  const halt = (reason: string): readonly Skip[] =>
    [...nodes.values()].filter(({ state }) => state.kind === 'waiting').map(one => skip(one, reason))

  return {
    nodes,
    node: id => found(nodes, id),
    succeed(node) {
      node.state = { kind: 'done' }
      for (const dependent of node.dependents) dependent.pending -= 1
      return node.dependents.filter(({ pending, state }) => pending === 0 && state.kind === 'waiting')
    },
    fail(node) {
      const { id } = node.task
      node.state = { kind: 'failed' }
      const skipped = skipDependents(node, `it needs "${id}", which failed`)
      return keepGoing ? skipped : [...skipped, ...halt(`the run ended early because "${id}" failed`)]
    },
    halt,
  }
}

/** True for a task that waits, or that runs: with placement `ahead` a job may start before its input is known to have failed. */
const isOpen = ({ state }: TaskNode): boolean => state.kind === 'waiting' || state.kind === 'running'

function found(nodes: ReadonlyMap<string, TaskNode>, id: string): TaskNode {
  const node = nodes.get(id)
  if (node === undefined) throw new Error(`Stage "${id}" is not in this run, or stands before a stage it needs`)
  return node
}

function link(tasks: readonly ScheduledTask[]): ReadonlyMap<string, TaskNode> {
  const nodes = new Map<string, TaskNode>()
  for (const [order, task] of tasks.entries()) {
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
