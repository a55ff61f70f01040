/** A scheduler for executors that order stages themselves, such as Slurm by the dependencies of its jobs. */
import type { Scheduler } from './scheduler.ts'
import { createTaskStates, type ScheduledTask } from './task_states.ts'

/**
 * Makes a scheduler that hands out all tasks at once, ahead of their inputs. A task waits until the executor says that it
 * has begun; until then a failure elsewhere may skip it.
 */
export function createAheadScheduler(
  tasks: readonly ScheduledTask[],
  { keepGoing }: { readonly keepGoing: boolean },
): Scheduler {
  const states = createTaskStates(tasks, { keepGoing })
  let handedOut = false

  return {
    start() {
      if (handedOut) return []
      handedOut = true
      const waiting = [...states.nodes.values()].filter(({ state }) => state.kind === 'waiting')
      return waiting.map(({ task }) => ({ id: task.id, slots: [] }))
    },
    begin(id) {
      const node = states.node(id)
      if (node.state.kind === 'waiting') node.state = { kind: 'running', slots: [] }
    },
    requeue(id) {
      const node = states.node(id)
      if (node.state.kind === 'running') node.state = { kind: 'waiting' }
    },
    end(id, outcome) {
      const node = states.node(id)
      // The run was stopped while it waited, and its end came all the same.
      if (node.state.kind === 'skipped') return []
      if (outcome === 'failed') return states.fail(node)
      states.succeed(node)
      return []
    },
    halt: states.halt,
    state: id => states.node(id).state,
    waitsForSlots: () => false,
  }
}
