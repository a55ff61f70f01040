/** Learning-rate schedules. */

/** How the rate goes on after warm-up; floors are shares of the peak, reached at the last step. */
export type Shape =
  | { readonly kind: 'constant' }
  | { readonly kind: 'cosine' | 'linear'; readonly floor: number }
  | {
      readonly kind: 'cooldown'
      /** Share of all steps over which the rate falls; it is constant before. */
      readonly share: number
      readonly shape: 'linear' | '1-sqrt'
      readonly floor: number
    }

export interface Schedule {
  /** Rate at the end of warm-up. */
  readonly peak: number
  /** Share of the steps spent rising linearly to the peak. */
  readonly warmUp: number
  readonly steps: number
  /** @default a cosine to a tenth of the peak */
  readonly shape?: Shape | undefined
}

/** Rate of step 1..steps. */
export function learningRate(
  step: number,
  { peak, warmUp, steps, shape = { kind: 'cosine', floor: 0.1 } }: Schedule,
): number {
  const rising = Math.max(1, Math.round(warmUp * steps))
  if (step <= rising) return (peak * step) / rising
  const since = (start: number): number => (step - start) / Math.max(1, steps - start)
  switch (shape.kind) {
    case 'constant':
      return peak
    case 'cosine':
      return peak * (shape.floor + ((1 - shape.floor) / 2) * (1 + Math.cos(Math.PI * since(rising))))
    case 'linear':
      return peak * (1 - (1 - shape.floor) * since(rising))
    case 'cooldown': {
      const start = Math.max(rising, steps - Math.round(shape.share * steps))
      if (step <= start) return peak
      const fallen = shape.shape === 'linear' ? since(start) : Math.sqrt(since(start))
      return peak * (1 - (1 - shape.floor) * fallen)
    }
  }
}
