/** From margins to pseudo-labels. */

export interface PseudoLabels {
  /** 1 where the concept is, in the layout of the margins. */
  readonly labels: Uint8Array
  /** 1 where the margin is far enough from the threshold to teach. */
  readonly certain: Uint8Array
  /** Share of labels that are 1, and of margins that are certain, by concept. */
  readonly positive: readonly number[]
  readonly taught: readonly number[]
}

/**
 * Labels every patch by the sign of its margin; those within `margin` standard deviations of 0 (per concept, over all
 * patches) are left out. Margins are row-major [patches of all images, concepts].
 */
export function pseudoLabels(
  margins: Float32Array,
  { concepts, margin }: { readonly concepts: number; readonly margin: number },
): PseudoLabels {
  const count = margins.length / concepts
  const labels = new Uint8Array(margins.length)
  const certain = new Uint8Array(margins.length)
  const positive: number[] = []
  const taught: number[] = []
  for (let concept = 0; concept < concepts; concept++) {
    let [sum, squares] = [0, 0]
    for (let i = concept; i < margins.length; i += concepts) {
      const value = margins[i] ?? 0
      sum += value
      squares += value * value
    }
    const deviation = Math.sqrt(Math.max(0, squares / count - (sum / count) ** 2))
    let [on, far] = [0, 0]
    for (let i = concept; i < margins.length; i += concepts) {
      const value = margins[i] ?? 0
      on += labels[i] = value > 0 ? 1 : 0
      far += certain[i] = Math.abs(value) >= margin * deviation ? 1 : 0
    }
    positive.push(on / count)
    taught.push(far / count)
  }
  return { labels, certain, positive, taught }
}
