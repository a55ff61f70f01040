/** Learning-rate schedules. */

/** Decay of the rate after warm-up. A floor is a share of the peak, reached at the last step. */
export type DecayShape =
  | { readonly kind: 'constant' }
  | { readonly kind: 'cosine' | 'linear'; readonly floor: number }
  | {
      readonly kind: 'cooldown'
      /** Share of all steps over which the rate falls; the rate is constant before. */
      readonly share: number
      readonly shape: 'linear' | '1-sqrt'
      readonly floor: number
    }

/** A learning-rate schedule: linear warm-up, then a decay. */
export interface LearningRateSchedule {
  /** Rate at the end of warm-up. */
  readonly peak: number
  /** Share of the steps over which the rate rises linearly to the peak; at least one step. */
  readonly warmUp: number
  readonly steps: number
  /** @default a cosine to a tenth of the peak */
  readonly shape?: DecayShape | undefined
}

/** The rate of a step, from 1 to `steps`. */
export function learningRate(
  step: number,
  { peak, warmUp, steps, shape = { kind: 'cosine', floor: 0.1 } }: LearningRateSchedule,
): number {
  const warmUpSteps = Math.max(1, Math.round(warmUp * steps))
  if (step <= warmUpSteps) return (peak * step) / warmUpSteps
  const progressSince = (start: number): number => (step - start) / (steps - start)
  switch (shape.kind) {
    case 'constant':
      return peak
    case 'cosine':
      return peak * (shape.floor + ((1 - shape.floor) / 2) * (1 + Math.cos(Math.PI * progressSince(warmUpSteps))))
    case 'linear':
      return peak * (1 - (1 - shape.floor) * progressSince(warmUpSteps))
    case 'cooldown': {
      const start = Math.max(warmUpSteps, steps - Math.round(shape.share * steps))
      if (step <= start) return peak
      const fallen = shape.shape === 'linear' ? progressSince(start) : Math.sqrt(progressSince(start))
      return peak * (1 - (1 - shape.floor) * fallen)
    }
  }
}
