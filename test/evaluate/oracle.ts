/** Retrieval by brute force: whole galleries in float64, sorted, and a look where the own item stands. */
import type { RetrievalCase, RetrievalRanks } from '../../runtime/evaluate/retrieval.ts'

/** Rows scaled to unit length, in double precision. */
function unit(rows: Float32Array, dim: number): readonly Float64Array[] {
  return Array.from({ length: rows.length / dim }, (_, row) => {
    const values = Float64Array.from(rows.subarray(row * dim, (row + 1) * dim))
    const scale = 1 / Math.sqrt(values.reduce((sum, value) => sum + value * value, 0))
    return values.map(value => value * scale)
  })
}

const product = (a: Float64Array, b: Float64Array): number => a.reduce((sum, value, k) => sum + value * (b[k] ?? 0), 0)

/** Sorts each gallery whole, foreign items first among equals, and finds the first own item. */
export function bruteForce({ images, texts, owner, dim }: RetrievalCase): RetrievalRanks {
  const [imageRows, textRows] = [unit(images, dim), unit(texts, dim)]
  const scores = imageRows.map(image => textRows.map(text => product(image, text)))
  const firstOwn = (all: readonly { readonly score: number; readonly isOwn: boolean }[]): number =>
    all.toSorted((a, b) => b.score - a.score || Number(a.isOwn) - Number(b.isOwn)).findIndex(({ isOwn }) => isOwn)
  return {
    imageRanks: Int32Array.from(scores, (row, image) =>
      firstOwn(row.map((score, text) => ({ score, isOwn: owner[text] === image }))),
    ),
    textRanks: Int32Array.from(owner, (own, text) =>
      firstOwn(scores.map((row, image) => ({ score: row[text] ?? 0, isOwn: image === own }))),
    ),
  }
}

/** Owners of `captions[i]` texts of each image i, in order. */
export const ownersOf = (captions: readonly number[]): Int32Array =>
  Int32Array.from(captions.flatMap((count, image) => new Array<number>(count).fill(image)))
