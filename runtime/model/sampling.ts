/** The choice of a next token from logits. */
import type { Random } from '../data/random.ts'

/** Strategies of choosing tokens. */
export type TokenDecoding = GreedyTokens | NucleusTokens

/** Chooses the likeliest token. */
export interface GreedyTokens {
  readonly kind: 'greedy'
}

/** Draws a token from the likeliest ones whose probabilities sum to `topP` (Holtzman et al., arXiv 1904.09751). */
export interface NucleusTokens {
  readonly kind: 'nucleus'
  /** Above 0, at most 1. Near 0 the likeliest token is chosen each time. */
  readonly topP: number
  /** Divisor of logits, above 0; below 1 likely tokens become likelier. */
  readonly temperature: number
  readonly seed: number
}

/** The id of the largest logit; of equal ones the lowest id. Ids below `first` are never chosen. */
export function likeliest(logits: Float32Array, first = 0): number {
  let best = first
  for (let id = first + 1; id < logits.length; id++) if ((logits[id] ?? 0) > (logits[best] ?? 0)) best = id
  return best
}

/** Draws an id by `random`; of equal logits the nucleus has the lower ids first. Ids below `first` are never chosen. */
export function drawNucleus(
  logits: Float32Array,
  { topP, temperature }: Pick<NucleusTokens, 'topP' | 'temperature'>,
  { random, first = 0 }: { readonly random: Random; readonly first?: number },
): number {
  const largest = logits[likeliest(logits, first)] ?? 0
  const weights = new Float64Array(logits.length)
  for (let id = first; id < logits.length; id++) weights[id] = Math.exp(((logits[id] ?? 0) - largest) / temperature)
  const rising = weights.slice().sort()
  const targetMass = topP * rising.reduce((sum, weight) => sum + weight, 0)
  let [from, mass] = [rising.length, 0]
  while (from > 0 && mass < targetMass && (rising[from - 1] ?? 0) > 0) mass += rising[--from] ?? 0
  const least = rising[from] ?? 0
  let equals = 0
  while (rising[from + equals] === least) equals++
  let ticket = random.next() * mass
  let last = first
  for (let id = first; id < weights.length; id++) {
    const weight = weights[id] ?? 0
    if (weight < least || (weight === least && equals-- <= 0)) continue
    last = id
    ticket -= weight
    if (ticket < 0) break
  }
  return last
}
