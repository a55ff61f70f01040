/** Pseudo-labels of patches from their margins. */

/** Pseudo-labels, and the patches that are certain enough to train on. */
export interface PseudoLabels {
  /** 1 for patches of the concept, in the layout of the margins. */
  readonly labels: Uint8Array
  /** 1 for patches whose margin is far enough from 0 to train on. */
  readonly certain: Uint8Array
  /** Share of labels that are 1, by concept. */
  readonly positive: readonly number[]
  /** Share of margins that are certain, by concept. */
  readonly taught: readonly number[]
}

/**
 * Labels every patch by the sign of its margin. A patch is certain if its margin is at least `margin` standard deviations
 * (per concept, over all patches) from 0. Margins are row-major [patches of all images, concepts].
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
    let [positives, certains] = [0, 0]
    for (let i = concept; i < margins.length; i += concepts) {
      const value = margins[i] ?? 0
      positives += labels[i] = value > 0 ? 1 : 0
      certains += certain[i] = Math.abs(value) >= margin * deviation ? 1 : 0
    }
    positive.push(positives / count)
    taught.push(certains / count)
  }
  return { labels, certain, positive, taught }
}
