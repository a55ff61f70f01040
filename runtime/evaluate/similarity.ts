/**
 * Cosine similarities of two sets of embeddings, block by block, without the full matrix.
 *
 * A block is a float32 matrix product, whose error is bounded for every order of the sums (Higham, Accuracy and Stability of
 * Numerical Algorithms, section 3.1). Comparisons within that bound are decided by the exact similarity: products and sums
 * in float64, in one fixed order, so that equal embeddings have exactly equal scores at any position, and ties are exact.
 */
import { DataFault, Refusal } from '../../dsl/diagnostics/faults.ts'
import { type Engine, floats, floatsOf, jit, tf } from '../engine/mod.ts'

/** Precision of scores, as results record it. */
export const precision = 'float32 embeddings; float32 products, close calls settled by float64 similarities'

/** Embeddings, row-major [rows, dim], and the factor that scales each row to unit length. */
export interface UnitRows {
  readonly rows: number
  readonly dim: number
  readonly values: Float32Array
  readonly scales: Float64Array
}

/**
 * Computes the scale of each row. A row of zeros has scale 0, so all its scores are 0. Throws if a value is not finite.
 *
 * @param embeddings row-major [rows, dim]; not copied
 */
export function unitRows(embeddings: Float32Array, dim: number): UnitRows {
  const rows = embeddings.length / dim
  if (!Number.isInteger(rows)) {
    throw new Error(`${embeddings.length} values make no whole rows of ${dim} dimensions; check the embedding size`)
  }
  const scales = new Float64Array(rows)
  for (let row = 0; row < rows; row++) {
    let squares = 0
    for (let k = row * dim; k < (row + 1) * dim; k++) squares += (embeddings[k] ?? 0) ** 2
    if (!Number.isFinite(squares))
      throw new DataFault(`Embedding ${row} is not finite; the model has diverged`, { item: `embedding ${row}` })
    scales[row] = squares === 0 ? 0 : 1 / Math.sqrt(squares)
  }
  return { rows, dim, values: embeddings, scales }
}

/** The exact similarity of row `i` of `a` and row `j` of `b`. */
export function similarity(a: UnitRows, b: UnitRows, { i, j }: { readonly i: number; readonly j: number }): number {
  const { dim } = a
  const [from, to] = [i * dim, j * dim]
  const [one, other] = [a.scales[i] ?? 0, b.scales[j] ?? 0]
  let sum = 0
  for (let k = 0; k < dim; k++) sum += (a.values[from + k] ?? 0) * one * ((b.values[to + k] ?? 0) * other)
  return sum
}

/** Options of blocks. */
export interface SimilarityOptions {
  /** Threads of the matrix products. */
  readonly threads: number
  /** The most rows and columns of a block. @default 512 by 4096: 8 MB */
  readonly block?: { readonly rows: number; readonly columns: number }
  readonly onBlock?: (done: number, total: number) => void
}

/** Similarities of neighbouring rows of `a` and `b`, within {@link productError}. */
export interface SimilarityBlock {
  /** Row-major, with `width` values in a row, of which the first `columns` are valid. */
  readonly scores: Float32Array
  readonly width: number
  /** The first row of `a`, and the number of rows. */
  readonly from: number
  readonly rows: number
  /** The first row of `b`, and the number of rows. */
  readonly to: number
  readonly columns: number
}

/**
 * Calls `use` with every block of similarities between rows of `a` and rows of `b`, in the order of `b`. All blocks are
 * computed at one size, so that one compiled product serves all.
 */
export async function forEachBlock(
  a: UnitRows,
  b: UnitRows,
  use: (block: SimilarityBlock) => void,
  { threads, block = { rows: 512, columns: 4096 }, onBlock }: SimilarityOptions,
): Promise<void> {
  const { dim } = a
  if (dim !== b.dim) throw new Error(`Embeddings of ${dim} and ${b.dim} dimensions cannot be compared`)
  const rowBlocks = Math.ceil(a.rows / block.rows)
  const columnBlocks = Math.ceil(b.rows / block.columns)
  const [height, width] = [Math.ceil(a.rows / rowBlocks), Math.ceil(b.rows / columnBlocks)]
  const [left, right] = [new Float32Array(height * dim), new Float32Array(width * dim)]
  const step = jit(({ a, b }: { a: tf.Tensor2D; b: tf.Tensor2D }) => ({ scores: tf.matMul(a, b, false, true) }), {
    engine: processor(threads),
  })
  try {
    for (let column = 0; column < columnBlocks; column++) {
      const to = column * width
      fill(right, b, to)
      for (let row = 0; row < rowBlocks; row++) {
        const from = row * height
        fill(left, a, from)
        const { scores } = await step({ a: floats(left, [height, dim]), b: floats(right, [width, dim]) })
        const [rows, columns] = [Math.min(height, a.rows - from), Math.min(width, b.rows - to)]
        use({ scores: floatsOf(scores), width, from, rows, to, columns })
        onBlock?.(column * rowBlocks + row + 1, columnBlocks * rowBlocks)
      }
    }
  } finally {
    await step.dispose()
  }
}

/** Products run on the CPU with any engine, because other devices round inputs to fewer bits, which exceeds the bound. */
const processor = (threads: number): Engine => ({ name: 'cpu', provider: 'cpu', threads })

/** Unit rows from `start` on as float32; zeros past the last. */
function fill(target: Float32Array, { values, scales, dim, rows }: UnitRows, start: number): void {
  const count = Math.min(target.length / dim, rows - start)
  for (let row = 0; row < count; row++) {
    const scale = scales[start + row] ?? 0
    const [to, from] = [row * dim, (start + row) * dim]
    for (let k = 0; k < dim; k++) target[to + k] = (values[from + k] ?? 0) * scale
  }
  target.fill(0, count * dim)
}

/**
 * Largest error of a float32 product of unit rows: `dim` roundings of sums, one of the product and one of each factor, each
 * at most half a unit in the last place of numbers up to 1.
 */
export const productError = (dim: number): number => 1.001 * (dim + 4) * 2 ** -24

/** The fault of matrix products whose error exceeds {@link productError}. */
export const precisionError = (): Refusal =>
  new Refusal('Matrix products of onnxruntime are less exact here than float32 allows, so ranks cannot be trusted', {
    hint: 'reinstall onnxruntime-node',
  })
