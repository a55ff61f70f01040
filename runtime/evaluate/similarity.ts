/** Cosine similarities of two sets of embeddings, tile by tile; the full matrix never exists. */

/** Embeddings scaled to unit length, in double precision, three rows interleaved: [group, dim, 3]. */
export interface Panel {
  readonly rows: number
  readonly dim: number
  readonly values: Float64Array
}

/** Rows a tile has in each direction: nine sums fit the registers of common processors. */
const TILE = 3

/** Groups of the second panel that are visited before the first panel moves on: 128 kB at 256 dimensions. */
const BLOCK = 20

/**
 * Scales each row to unit length and packs the rows for {@link eachSimilarity}.
 *
 * A row of zeros stays zero, so its every score is 0. Throws where a value is not finite.
 * @param embeddings row-major [rows, dim]
 */
export function packUnitRows(embeddings: Float32Array, dim: number): Panel {
  const rows = embeddings.length / dim
  if (!Number.isInteger(rows)) {
    throw new Error(`${embeddings.length} values make no whole rows of ${dim} dimensions; check the embedding size`)
  }
  const values = new Float64Array(Math.ceil(rows / TILE) * TILE * dim)
  for (let row = 0; row < rows; row++) {
    const source = embeddings.subarray(row * dim, (row + 1) * dim)
    let squares = 0
    for (const value of source) squares += value * value
    if (!Number.isFinite(squares)) throw new Error(`Embedding ${row} is not finite; the model has diverged`)
    const scale = squares === 0 ? 0 : 1 / Math.sqrt(squares)
    const start = panelIndex(row, dim)
    for (let k = 0; k < dim; k++) values[start + k * TILE] = (source[k] ?? 0) * scale
  }
  return { rows, dim, values }
}

const panelIndex = (row: number, dim: number): number => Math.floor(row / TILE) * TILE * dim + (row % TILE)

/** The similarity of one pair; bit for bit the number that {@link eachSimilarity} gives it. */
export function similarity(a: Panel, b: Panel, pair: { readonly i: number; readonly j: number }): number {
  const from = panelIndex(pair.i, a.dim)
  const to = panelIndex(pair.j, b.dim)
  let sum = 0
  for (let k = 0; k < a.dim * TILE; k += TILE) sum += (a.values[from + k] ?? 0) * (b.values[to + k] ?? 0)
  return sum
}

/**
 * Calls `visit` with the similarity of every row of `a` to every row of `b`.
 *
 * Products and sums are double precision and every pair adds its dimensions in the same order, so equal embeddings
 * have exactly equal scores wherever they stand: tie rules can be trusted.
 */
export function eachSimilarity(a: Panel, b: Panel, visit: (i: number, j: number, score: number) => void): void {
  if (a.dim !== b.dim) throw new Error(`Embeddings of ${a.dim} and ${b.dim} dimensions cannot be compared`)
  const step = TILE * a.dim
  const tile = new Float64Array(TILE * TILE)
  for (let block = 0; block < b.values.length; block += BLOCK * step) {
    const blockEnd = Math.min(b.values.length, block + BLOCK * step)
    for (let from = 0; from < a.values.length; from += step) {
      for (let to = block; to < blockEnd; to += step) {
        multiplyTile(a.values, b.values, { from, to, step, tile })
        const i = from / a.dim
        const j = to / b.dim
        for (let cell = 0; cell < tile.length; cell++) {
          const row = i + Math.floor(cell / TILE)
          const column = j + (cell % TILE)
          if (row < a.rows && column < b.rows) visit(row, column, tile[cell] ?? 0)
        }
      }
    }
  }
}

interface TileProduct {
  readonly from: number
  readonly to: number
  readonly step: number
  readonly tile: Float64Array
}

/** Nine dot products at once: each value loaded from memory serves three of them. `| 0` keeps indices integers. */
function multiplyTile(a: Float64Array, b: Float64Array, { from, to, step, tile }: TileProduct): void {
  let s00 = 0
  let s01 = 0
  let s02 = 0
  let s10 = 0
  let s11 = 0
  let s12 = 0
  let s20 = 0
  let s21 = 0
  let s22 = 0
  const end = (from + step) | 0
  for (let p = from | 0, q = to | 0; p < end; p = (p + TILE) | 0, q = (q + TILE) | 0) {
    const b0 = b[q] ?? 0
    const b1 = b[(q + 1) | 0] ?? 0
    const b2 = b[(q + 2) | 0] ?? 0
    const a0 = a[p] ?? 0
    s00 += a0 * b0
    s01 += a0 * b1
    s02 += a0 * b2
    const a1 = a[(p + 1) | 0] ?? 0
    s10 += a1 * b0
    s11 += a1 * b1
    s12 += a1 * b2
    const a2 = a[(p + 2) | 0] ?? 0
    s20 += a2 * b0
    s21 += a2 * b1
    s22 += a2 * b2
  }
  tile[0] = s00
  tile[1] = s01
  tile[2] = s02
  tile[3] = s10
  tile[4] = s11
  tile[5] = s12
  tile[6] = s20
  tile[7] = s21
  tile[8] = s22
}
