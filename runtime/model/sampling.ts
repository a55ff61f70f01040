/** The choice of a next token from logits. */
import type { Random } from '../data/random.ts'

/** How captions are chosen. */
export type Decoding = GreedyDecoding | NucleusDecoding

/** The likeliest token each time. */
export interface GreedyDecoding {
  readonly kind: 'greedy'
}

/** A token drawn from the likeliest that together have a probability of `topP` (Holtzman et al., arXiv 1904.09751). */
export interface NucleusDecoding {
  readonly kind: 'nucleus'
  /** Above 0, at most 1. Near 0 the likeliest token is taken each time. */
  readonly topP: number
  /** Divides logits: below 1 likely tokens become likelier. Above 0. */
  readonly temperature: number
  readonly seed: number
}

/** The id of the largest logit; of equals the lowest id. Ids below `first` are never chosen. */
export function likeliest(logits: Float32Array, first = 0): number {
  let best = first
  for (let id = first + 1; id < logits.length; id++) if ((logits[id] ?? 0) > (logits[best] ?? 0)) best = id
  return best
}

/** An id drawn by `random`; of equals the lower id comes first. Ids below `first` are never chosen. */
export function drawNucleus(
  logits: Float32Array,
  { topP, temperature }: Pick<NucleusDecoding, 'topP' | 'temperature'>,
  { random, first = 0 }: { readonly random: Random; readonly first?: number },
): number {
  const largest = logits[likeliest(logits, first)] ?? 0
  const ids = Array.from({ length: logits.length - first }, (_, i) => first + i)
  const weightOf = (id: number): number => Math.exp(((logits[id] ?? 0) - largest) / temperature)
  const total = ids.reduce((sum, id) => sum + weightOf(id), 0)
  ids.sort((a, b) => (logits[b] ?? 0) - (logits[a] ?? 0) || a - b)
  const nucleus: { readonly id: number; readonly weight: number }[] = []
  let mass = 0
  for (const id of ids) {
    const weight = weightOf(id)
    nucleus.push({ id, weight })
    mass += weight
    if (mass >= topP * total) break
  }
  let ticket = random.next() * mass
  for (const { id, weight } of nucleus) {
    ticket -= weight
    if (ticket < 0) return id
  }
  return nucleus.at(-1)?.id ?? first
}
