/** A cache of decoded images in memory that threads share. A row is filled at its first use. */

/** Squares of RGB bytes by row. A thread that it is posted to shares its memory. */
export interface PixelStore {
  /** Bytes of a square. */
  readonly area: number
  /** Rows of a block. */
  readonly blockRows: number
  readonly blocks: readonly SharedArrayBuffer[]
  /** 1 for each row that is filled. */
  readonly filled: Uint8Array
}

/** Sizes of a store. */
export interface PixelStoreSizes {
  readonly samples: number
  /** Side of a square. */
  readonly size: number
  /** Most bytes of a block of more than one row: less than the largest buffer of any JavaScript engine. @default 1 GiB */
  readonly blockBytes?: number
}

/** Creates an empty store. The operating system assigns its memory as it is filled. */
export function createPixelStore({ samples, size, blockBytes = 2 ** 30 }: PixelStoreSizes): PixelStore {
  const area = 3 * size * size
  const blockRows = Math.max(1, Math.floor(blockBytes / area))
  const blocks = Array.from(
    { length: Math.ceil(samples / blockRows) },
    (_, i) => new SharedArrayBuffer(area * Math.min(blockRows, samples - i * blockRows)),
  )
  return { area, blockRows, blocks, filled: new Uint8Array(new SharedArrayBuffer(samples)) }
}

function squareAt({ area, blockRows, blocks }: PixelStore, row: number): Uint8Array {
  const block = blocks[Math.floor(row / blockRows)]
  if (block === undefined) throw new Error(`The store of pixels has no row ${row}`)
  return new Uint8Array(block, (row % blockRows) * area, area)
}

/** The square of a row, or undefined if it is not filled. */
export const storedPixels = (store: PixelStore, row: number): Uint8Array | undefined =>
  Atomics.load(store.filled, row) === 1 ? squareAt(store, row) : undefined

/** Stores the square of a row. Threads that do so at the same time write the same bytes. */
export function storePixels(store: PixelStore, row: number, pixels: Uint8Array): void {
  squareAt(store, row).set(pixels)
  Atomics.store(store.filled, row, 1)
}

/** Creates stores for the datasets that fit a budget in bytes, beginning with those whose samples are drawn most often. */
export function planStores(
  parts: readonly { readonly samples: number; readonly weight: number }[],
  { size, budget }: { readonly size: number; readonly budget: number },
): readonly (PixelStore | undefined)[] {
  const drawRate = (i: number) => (parts[i]?.weight ?? 0) / (parts[i]?.samples ?? 1)
  const stores: (PixelStore | undefined)[] = parts.map(() => undefined)
  let remaining = budget
  for (const i of [...parts.keys()].sort((a, b) => drawRate(b) - drawRate(a))) {
    const samples = parts[i]?.samples ?? 0
    const bytes = samples * (3 * size * size + 1)
    if (bytes > remaining) continue
    remaining -= bytes
    stores[i] = createPixelStore({ samples, size })
  }
  return stores
}
