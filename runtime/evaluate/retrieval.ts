/** Zero-shot image-text retrieval, after RemoteCLIP's protocol (docs/protocol.md). */
import { DataFault } from '../../dsl/diagnostics/faults.ts'
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

/** Ranks: the number of foreign items that score as high or higher. 0 is best, and a hit at k is a rank below k. */
export interface RetrievalRanks {
  /** Rank of each image's best caption among the texts: [images]. */
  readonly imageRanks: Int32Array
  /** Rank of each text's image among the images: [texts]. */
  readonly textRanks: Int32Array
}

/** Scores of retrieval. */
export interface RetrievalScores extends RetrievalRanks {
  /** Percent, two decimals; the mean is that of the six rounded numbers, so that tables are consistent. */
  readonly recalls: Recalls
}

/**
 * Ranks every image's captions and every caption's image by cosine similarity, in blocks.
 *
 * Image to text is a hit when any of the image's captions is in the top k; text to image averages over every caption.
 * Ties count against the model: a foreign item with an equal score ranks before the own one; captions of one image do not
 * compete with each other. Throws if an owner is no image, an image has no caption, or a value is not finite.
 */
export async function retrieval(
  { images, texts, owner, dim }: RetrievalCase,
  options: SimilarityOptions,
): Promise<RetrievalScores> {
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

  const ranks = await rankAll({ imageRows, textRows, owner, best, own }, options)
  const share = (ranks: Int32Array, depth: number) => ranks.filter(rank => rank < depth).length / ranks.length
  const shares = [
    ...recallDepths.map(k => share(ranks.imageRanks, k)),
    ...recallDepths.map(k => share(ranks.textRanks, k)),
  ]
  const six = shares.map(percent)
  return { ...ranks, recalls: byRecall([...six, Number(mean(six).toFixed(2))], 0) }
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

/** Counts the foreign items that are at least as near as the own ones. */
async function rankAll(
  { imageRows, textRows, owner, best, own }: Ranking,
  options: SimilarityOptions,
): Promise<RetrievalRanks> {
  const error = productError(imageRows.dim)
  const imageRanks = new Int32Array(imageRows.rows)
  const textRanks = new Int32Array(textRows.rows)
  const textLow = own.map(score => score - error)
  const textHigh = own.map(score => score + error)
  let ownPairs = 0
  await forEachBlock(
    imageRows,
    textRows,
    ({ scores, width, from, rows, to, columns }) => {
      for (let row = 0; row < rows; row++) {
        const image = from + row
        const floor = best[image] ?? 0
        const [low, high] = [floor - error, floor + error]
        let rank = 0
        for (let column = 0; column < columns; column++) {
          const score = scores[row * width + column] ?? 0
          const text = to + column
          if (score < low && score < (textLow[text] ?? 0)) continue
          if (owner[text] === image) {
            ownPairs += 1
            continue
          }
          if (score >= high) rank += 1
          else if (score >= low && similarity(imageRows, textRows, { i: image, j: text }) >= floor) rank += 1
          if (score < (textLow[text] ?? 0)) continue
          if (
            score >= (textHigh[text] ?? 0) ||
            similarity(imageRows, textRows, { i: image, j: text }) >= (own[text] ?? 0)
          )
            textRanks[text] = (textRanks[text] ?? 0) + 1
        }
        imageRanks[image] = (imageRanks[image] ?? 0) + rank
      }
    },
    options,
  )
  // The similarity to the own image reaches its own floor, so it is always met if products are within their error bound.
  if (ownPairs !== textRows.rows) throw precisionError()
  return { imageRanks, textRanks }
}

/**
 * Expected recalls of a random order: exact expectations in percent, not rounded.
 *
 * Image to text draws k of all texts without replacement and misses when none of the image's captions is among them.
 * @param captionsPerImage number of captions of each image
 */
export function retrievalChance(images: number, captionsPerImage: readonly number[]): Recalls {
  const texts = captionsPerImage.reduce((sum, count) => sum + count, 0)
  const missing = (captions: number, depth: number): number => {
    let share = 1
    for (let drawn = 0; drawn < Math.min(depth, texts); drawn++) {
      share *= Math.max(0, texts - captions - drawn) / (texts - drawn)
    }
    return share
  }
  const shares = [
    ...recallDepths.map(depth => mean(captionsPerImage.map(captions => 1 - missing(captions, depth)))),
    ...recallDepths.map(depth => Math.min(1, depth / images)),
  ]
  return byRecall(
    [...shares, mean(shares)].map(share => 100 * share),
    0,
  )
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
