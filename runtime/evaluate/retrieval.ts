/** Zero-shot image-text retrieval, after RemoteCLIP's protocol (docs/protocol.md). */
import { DataFault } from '../../dsl/diagnostics/faults.ts'
import type { TieRule } from '../../dsl/recipe/ties.ts'
import { mean, percent } from './percent.ts'
import {
  forEachBlock,
  precisionError,
  productError,
  type SimilarityOptions,
  similarity,
  type UnitRows,
  unitRows,
} from './similarity.ts'
import { hitShares, type TiedRanks } from './ties.ts'

/** The six recalls, both ways, and their mean. */
export const recallNames = ['i2t_r1', 'i2t_r5', 'i2t_r10', 't2i_r1', 't2i_r5', 't2i_r10', 'mean_recall'] as const

/** One value for each of {@link recallNames}. */
export type ByRecall<T> = { readonly [name in (typeof recallNames)[number]]: T }

/** Percent by recall. */
export type Recalls = ByRecall<number>

/** Depths k of recall: a hit is among the k best items. */
export const recallDepths = [1, 5, 10] as const

/** Embeddings of images and of their captions, of any length. */
export interface RetrievalCase {
  /** Row-major [images, dim]. */
  readonly images: Float32Array
  /** Row-major [texts, dim]. */
  readonly texts: Float32Array
  /** Index of each text's image: [texts]. */
  readonly owner: Int32Array
  readonly dim: number
}

/** Ranks of both directions. */
export interface RetrievalRanks {
  /** Each image's best caption among the texts: [images]. */
  readonly image: Required<TiedRanks>
  /** Each text's image among the images: [texts]. */
  readonly text: TiedRanks
}

/**
 * Ranks every image's captions and every caption's image by cosine similarity, in blocks. Captions of one image do not
 * compete with each other. Throws if an owner is no image, an image has no caption, or a value is not finite.
 */
export async function retrieval(
  { images, texts, owner, dim }: RetrievalCase,
  options: SimilarityOptions,
): Promise<RetrievalRanks> {
  const imageRows = unitRows(images, dim)
  const textRows = unitRows(texts, dim)
  if (owner.length !== textRows.rows) {
    throw new Error(`${textRows.rows} texts have ${owner.length} owners; give one owner for each text`)
  }
  const own = new Float64Array(textRows.rows)
  const best = new Float64Array(imageRows.rows).fill(Number.NEGATIVE_INFINITY)
  owner.forEach((image, text) => {
    const known = best[image]
    if (known === undefined) throw new Error(`Text ${text} belongs to image ${image}, but there are ${imageRows.rows}`)
    const score = similarity(imageRows, textRows, { i: image, j: text })
    own[text] = score
    best[image] = Math.max(known, score)
  })
  const withoutCaption = best.indexOf(Number.NEGATIVE_INFINITY)
  if (withoutCaption >= 0)
    throw new DataFault(`Image ${withoutCaption} has no caption`, {
      item: `image ${withoutCaption}`,
      hint: 'leave it out of the evaluation',
    })
  return rankAll({ imageRows, textRows, owner, best, own }, options)
}

/**
 * Recalls of ranks: percent, two decimals; the mean is that of the six rounded numbers, so that tables are consistent.
 *
 * Image to text is a hit when any of the image's captions is in the top k; text to image averages over every caption.
 */
export function recallsOf({ image, text }: RetrievalRanks, rule: TieRule): Recalls {
  const share = (ranks: TiedRanks, depth: number) =>
    hitShares(ranks, depth, rule).reduce((sum, hit) => sum + hit, 0) / ranks.above.length
  const shares = [...recallDepths.map(k => share(image, k)), ...recallDepths.map(k => share(text, k))]
  const six = shares.map(percent)
  return byRecall([...six, Number(mean(six).toFixed(2))], 0)
}

interface Ranking {
  readonly imageRows: UnitRows
  readonly textRows: UnitRows
  readonly owner: Int32Array
  /** Exact similarity of each image's nearest caption. */
  readonly best: Float64Array
  /** Exact similarity of each text to its image. */
  readonly own: Float64Array
}

/** Counts the foreign items that are nearer than the own ones, and those that are as near. */
async function rankAll(
  { imageRows, textRows, owner, best, own }: Ranking,
  options: SimilarityOptions,
): Promise<RetrievalRanks> {
  const error = productError(imageRows.dim)
  const counts = (rows: number) => ({ above: new Int32Array(rows), tied: new Int32Array(rows) })
  const image = { ...counts(imageRows.rows), own: new Int32Array(imageRows.rows) }
  const text = counts(textRows.rows)
  owner.forEach((row, column) => {
    if (own[column] === best[row]) image.own[row] = (image.own[row] ?? 0) + 1
  })
  const textLow = own.map(score => score - error)
  const textHigh = own.map(score => score + error)
  let ownPairs = 0
  await forEachBlock(
    imageRows,
    textRows,
    ({ scores, width, from, rows, to, columns }) => {
      for (let row = 0; row < rows; row++) {
        const i = from + row
        const floor = best[i] ?? 0
        const [low, high] = [floor - error, floor + error]
        let above = 0
        for (let column = 0; column < columns; column++) {
          const score = scores[row * width + column] ?? 0
          const j = to + column
          if (score < low && score < (textLow[j] ?? 0)) continue
          if (owner[j] === i) {
            ownPairs += 1
            continue
          }
          const isClose = score <= high && score >= low
          const isCloseToText = score <= (textHigh[j] ?? 0) && score >= (textLow[j] ?? 0)
          const exact = isClose || isCloseToText ? similarity(imageRows, textRows, { i, j }) : score
          if (exact > floor) above += 1
          else if (exact === floor && isClose) image.tied[i] = (image.tied[i] ?? 0) + 1
          if (exact > (own[j] ?? 0)) text.above[j] = (text.above[j] ?? 0) + 1
          else if (exact === own[j] && isCloseToText) text.tied[j] = (text.tied[j] ?? 0) + 1
        }
        image.above[i] = (image.above[i] ?? 0) + above
      }
    },
    options,
  )
  // The similarity to the own image reaches its own floor, so it is always met if products are within their error bound.
  if (ownPairs !== textRows.rows) throw precisionError()
  return { image, text }
}

/** Names values that stand in the order of {@link recallNames}; `absent` replaces missing values. */
export function byRecall<T>(values: readonly T[], absent: T): ByRecall<T> {
  const of = (name: keyof ByRecall<T>): T => values[recallNames.indexOf(name)] ?? absent
  return {
    i2t_r1: of('i2t_r1'),
    i2t_r5: of('i2t_r5'),
    i2t_r10: of('i2t_r10'),
    t2i_r1: of('t2i_r1'),
    t2i_r5: of('t2i_r5'),
    t2i_r10: of('t2i_r10'),
    mean_recall: of('mean_recall'),
  }
}
