/** Decoded pictures of a dataset in memory that threads share: filled as they are first needed. */

/** Squares of RGB bytes by row. Sent to a thread it shares its memory. */
export interface PixelStore {
  /** Bytes of a square. */
  readonly area: number
  /** Rows of a block. */
  readonly blockRows: number
  readonly blocks: readonly SharedArrayBuffer[]
  /** 1 for a row whose square is there. */
  readonly filled: Uint8Array
}

/** Bytes of a block, at most: below what any engine allows one buffer. */
const blockBytes = 2 ** 30

/** Makes an empty store; its memory is taken only as it is filled. */
export function createPixelStore(samples: number, size: number): PixelStore {
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

/** The square of a row, where it is there. */
export const storedPixels = (store: PixelStore, row: number): Uint8Array | undefined =>
  Atomics.load(store.filled, row) === 1 ? squareAt(store, row) : undefined

/** Keeps the square of a row. Two threads that do so at once write the same bytes. */
export function storePixels(store: PixelStore, row: number, pixels: Uint8Array): void {
  squareAt(store, row).set(pixels)
  Atomics.store(store.filled, row, 1)
}

/** Which datasets are held within a budget in bytes, those first whose samples are drawn most often. */
export function planStores(
  parts: readonly { readonly samples: number; readonly weight: number }[],
  { size, budget }: { readonly size: number; readonly budget: number },
): readonly (PixelStore | undefined)[] {
  const often = (i: number) => (parts[i]?.weight ?? 0) / (parts[i]?.samples ?? 1)
  const stores: (PixelStore | undefined)[] = parts.map(() => undefined)
  let left = budget
  for (const i of [...parts.keys()].sort((a, b) => often(b) - often(a) || a - b)) {
    const samples = parts[i]?.samples ?? 0
    const bytes = samples * (3 * size * size + 1)
    if (bytes > left) continue
    left -= bytes
    stores[i] = createPixelStore(samples, size)
  }
  return stores
}
