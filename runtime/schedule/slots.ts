/** Devices that are given to one stage at a time. */

/** Who hands out slots. Slots are numbered from zero. */
export interface SlotPool {
  readonly size: number
  /** Takes that many slots, or none where fewer are free: nobody holds some while waiting for others. */
  take(count: number): readonly number[] | undefined
  give(slots: readonly number[]): void
  /** Other processes that take from the same devices; absent where there are none. */
  readonly others?: OtherHolders
}

/** What is known of slots that other processes hold. */
export interface OtherHolders {
  /** Who holds what, in words; empty where nobody does. */
  text(): string
  /** Resolves when it is worth trying again. */
  changed(): Promise<void>
}

/** Slots of this run alone. */
export function createSlots(size: number): SlotPool {
  const free = Array.from({ length: size }, (_, slot) => slot)
  return {
    size,
    take: count => (count <= free.length ? free.splice(0, count) : undefined),
    give(slots) {
      free.push(...slots)
      free.sort((a, b) => a - b)
    },
  }
}
