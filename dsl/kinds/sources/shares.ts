/** Splits by shares. */
import type { Finding } from '../definition.ts'

interface Shares {
  readonly val: number
  readonly test: number
}

/** Splits that are not empty; all three if a word is given in place of shares, as only the files give the splits. */
export const splitsOfShares = (split: Shares | string): readonly string[] =>
  typeof split === 'string'
    ? ['train', 'val', 'test']
    : [
        // Shares of more than all are a fault of their own.
        ...(split.val + split.test === 1 ? [] : ['train']),
        ...(split.val > 0 ? ['val'] : []),
        ...(split.test > 0 ? ['test'] : []),
      ]

/** A finding where the held-out shares are more than all. */
export function checkShares(split: Shares | string): readonly Finding[] {
  if (typeof split === 'string' || split.val + split.test <= 1) return []
  const message = `'val' and 'test' hold out ${Number((split.val + split.test).toPrecision(6))} of the data, more than all of it`
  return [{ code: 'out-of-range', at: ['split'], message }]
}
