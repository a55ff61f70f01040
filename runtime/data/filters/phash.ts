/**
 * 64-bit perceptual hashes of images and exact search among them.
 *
 * After Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions" (2010): DCT-II of the 32 x 32
 * grey image; a bit for each of the 8 x 8 coefficients from (1, 1) says whether it lies above their median.
 */
import { loadPixels } from '../dataset.ts'
import type { Sample } from '../sample.ts'

/** High and low 32 bits, unsigned. */
export type Hash = readonly [high: number, low: number]

/** Side of the square image that is hashed. */
export const hashedSide = 32

const bits = 8

/** `cosines[frequency - 1][position]` of the frequencies 1 to 8. */
const cosines = Array.from({ length: bits }, (_, k) =>
  Float64Array.from({ length: hashedSide }, (_, x) => Math.cos((Math.PI * (k + 1) * (x + 0.5)) / hashedSide)),
)

/** Hashes an RGB image of shape `[32, 32, 3]`. */
export function perceptualHash(rgb: Uint8Array): Hash {
  const side = hashedSide
  const at = (i: number) => rgb[i] ?? 0
  const grey = Float64Array.from({ length: side * side }, (_, i) => luma(at(3 * i), at(3 * i + 1), at(3 * i + 2)))
  const coefficients: number[] = []
  const sum = (wave: Float64Array, value: (position: number) => number) =>
    wave.reduce((total, factor, position) => total + factor * value(position), 0)
  for (const across of cosines) {
    const rows = Float64Array.from({ length: side }, (_, y) => sum(across, x => grey[y * side + x] ?? 0))
    for (const down of cosines) coefficients.push(sum(down, y => rows[y] ?? 0))
  }
  const sorted = Float64Array.from(coefficients).sort()
  const median = ((sorted[31] ?? 0) + (sorted[32] ?? 0)) / 2
  const word = (from: number) =>
    coefficients.slice(from, from + 32).reduce((value, c) => ((value << 1) | (c > median ? 1 : 0)) >>> 0, 0)
  return [word(0), word(32)]
}

const luma = (red: number, green: number, blue: number): number => 0.299 * red + 0.587 * green + 0.114 * blue

/** Number of bits in which two hashes differ. */
export const hashDistance = (a: Hash, b: Hash): number => ones(a[0] ^ b[0]) + ones(a[1] ^ b[1])

function ones(word: number): number {
  let v = word - ((word >>> 1) & 0x55555555)
  v = (v & 0x33333333) + ((v >>> 2) & 0x33333333)
  return Math.imul((v + (v >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}

/** Hashes every image of a split of a dataset, in index order. */
export async function hashDataset(
  folder: string,
  split?: string,
): Promise<readonly { readonly sample: Sample; readonly hash: Hash }[]> {
  const { samples, pixels } = await loadPixels(folder, { split, size: hashedSide })
  const length = hashedSide * hashedSide * 3
  return samples.map((sample, i) => ({ sample, hash: perceptualHash(pixels.subarray(i * length, (i + 1) * length)) }))
}

/** A hash that was added, by its position, and how many bits it is away. */
export interface NearHash {
  readonly position: number
  readonly distance: number
}

/** Hashes that can be searched. */
export interface HashIndex {
  /** Adds a hash under the next position. */
  add(hash: Hash, position: number): void
  /** The nearest hash within the index's distance; of equals the one with the lowest position. */
  nearest(hash: Hash): NearHash | undefined
}

/**
 * Makes an index for one distance. Exact: multi-index hashing (Norouzi et al., 2012) over four bands of 16 bits.
 * Two hashes within `distance` differ in some band by a quarter of it at most, so only such bands are probed; where
 * that would be more probes than there are hashes, all hashes are compared.
 */
export function createHashIndex(distance: number): HashIndex {
  const hashes: { readonly hash: Hash; readonly position: number }[] = []
  const bands = Array.from({ length: 4 }, () => new Map<number, number[]>())
  const masks = bandMasks(Math.floor(distance / 4))

  function* candidates(hash: Hash): Generator<number> {
    if (bands.length * masks.length >= hashes.length) {
      yield* hashes.keys()
      return
    }
    for (const [i, band] of bands.entries()) {
      const value = bandOf(hash, i)
      for (const mask of masks) yield* band.get(value ^ mask) ?? []
    }
  }
  return {
    add(hash, position) {
      const entry = hashes.push({ hash, position }) - 1
      for (const [i, band] of bands.entries()) {
        const value = bandOf(hash, i)
        const bucket = band.get(value)
        if (bucket === undefined) band.set(value, [entry])
        else bucket.push(entry)
      }
    },
    nearest(hash) {
      let best: NearHash | undefined
      for (const i of candidates(hash)) {
        const entry = hashes[i]
        if (entry === undefined) continue
        const found = { position: entry.position, distance: hashDistance(hash, entry.hash) }
        if (found.distance <= distance && (best === undefined || isNearer(found, best))) best = found
      }
      return best
    },
  }
}

const isNearer = (a: NearHash, b: NearHash): boolean =>
  a.distance < b.distance || (a.distance === b.distance && a.position < b.position)

const bandOf = (hash: Hash, band: number): number =>
  ((band < 2 ? hash[0] : hash[1]) >>> (band % 2 === 0 ? 16 : 0)) & 0xffff

/** All 16-bit words with at most `most` ones. */
const bandMasks = (most: number): readonly number[] =>
  Array.from({ length: 0x10000 }, (_, mask) => mask).filter(mask => ones(mask) <= most)
