/** Learning-rate schedules. */

export interface Schedule {
  /** Rate at the end of warm-up. */
  readonly peak: number
  /** Share of the steps spent rising linearly to the peak. */
  readonly warmUp: number
  readonly steps: number
}

/** Rate of step 1..steps: linear warm-up, then a cosine to a tenth of the peak. */
export function learningRate(step: number, { peak, warmUp, steps }: Schedule): number {
  const rising = Math.max(1, Math.round(warmUp * steps))
  if (step <= rising) return (peak * step) / rising
  const progress = (step - rising) / Math.max(1, steps - rising)
  return peak * (0.1 + 0.45 * (1 + Math.cos(Math.PI * progress)))
}
