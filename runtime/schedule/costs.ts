/** How long a stage is expected to take, as far as the plan tells; only the ratios count, for the order of stages. */
import type { Stage } from '../../dsl/compile/plan.ts'

/** About what two cores reach in matrix products. A GPU is faster with all stages that are estimated alike. */
const flopsPerSecond = 1e11
/** Seconds of a process's start and of reading data, and of all that has no estimate. */
const startSeconds = 1
/** Stages that hold a device and whose amount of work shows only when data is there. */
const unknownModelSeconds = 10
const unknownDataSeconds = 5

/** Seconds. */
export function expectedSeconds({ needs, estimates }: Pick<Stage, 'needs' | 'estimates'>): number {
  if (estimates?.flops !== undefined)
    return startSeconds + estimates.flops / (flopsPerSecond * Math.max(1, needs.slots))
  return needs.slots > 0 ? unknownModelSeconds : unknownDataSeconds
}
