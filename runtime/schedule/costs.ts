/** Expected durations of stages, from the plan alone; only their ratios count, for the order of stages. */
import type { Stage } from '../../dsl/compile/plan.ts'

/** About the rate of two cores in matrix products. A GPU is faster with all stages that are estimated alike. */
const flopsPerSecond = 1e11
/** Seconds of starting a process and reading data. */
const startSeconds = 1
/** Seconds of stages without an estimate, with a device and without. */
const unknownModelSeconds = 10
const unknownDataSeconds = 5

/** Seconds. */
export function expectedSeconds({ needs, estimates }: Pick<Stage, 'needs' | 'estimates'>): number {
  if (estimates?.flops !== undefined)
    return startSeconds + estimates.flops / (flopsPerSecond * Math.max(1, needs.slots))
  return needs.slots > 0 ? unknownModelSeconds : unknownDataSeconds
}
