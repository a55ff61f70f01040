/** Counts of files and rows that are no data of a source, by reason. */
import type { LeftOutItem } from './record.ts'

/** The items that were left out for one reason. */
export interface LeftOutCount {
  readonly reason: string
  readonly count: number
  /** The first of them. */
  readonly first: string
}

/** Counts items; `counts` gives them in the order in which their reasons came up. */
export interface LeftOutCounter {
  add(item: LeftOutItem): void
  counts(): readonly LeftOutCount[]
}

/** Makes a counter. */
export function createLeftOutCounter(): LeftOutCounter {
  const byReason = new Map<string, LeftOutCount>()
  return {
    add({ reason, file }) {
      const { count = 0, first = file } = byReason.get(reason) ?? {}
      byReason.set(reason, { reason, count: count + 1, first })
    },
    counts: () => [...byReason.values()],
  }
}

/** Number of items that were left out for any reason. */
export const totalLeftOut = (counts: readonly LeftOutCount[]): number =>
  counts.reduce((sum, { count }) => sum + count, 0)

/** One sentence on all reasons: `Left out 3: files of operating systems and editors 3 (the first is '.DS_Store')`. */
export function leftOutSentence(counts: readonly LeftOutCount[]): string {
  const reasons = counts.map(({ reason, count, first }) => {
    return `${reason} ${count.toLocaleString('en')} (the first is '${first}')`
  })
  return `Left out ${totalLeftOut(counts).toLocaleString('en')}: ${reasons.join(', ')}`
}
