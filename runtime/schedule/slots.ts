/** Slots: devices, or parts of the processor, that one stage uses at a time. */

/** A pool of slots, numbered from zero. */
export interface SlotPool {
  readonly size: number
  /** Takes that many slots, or none if fewer are free: no stage owns some while it waits for others. */
  take(count: number): readonly number[] | undefined
  give(slots: readonly number[]): void
  /** Other processes that use the same devices; absent if there are none. */
  readonly others?: OtherHolders
}

/** The slots that other processes own. */
export interface OtherHolders {
  /** The owners and their slots, in words; empty if there are none. */
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
