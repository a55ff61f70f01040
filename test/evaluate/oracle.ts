/** Retrieval by brute force: whole galleries in float64, sorted, and a look where the own item stands. */
import type { RetrievalCase, RetrievalRanks } from '../../runtime/evaluate/retrieval.ts'
import type { Gallery } from '../../runtime/evaluate/retrieval_bounds.ts'

/** Rows scaled to unit length, in double precision. */
function unit(rows: Float32Array, dim: number): readonly Float64Array[] {
  return Array.from({ length: rows.length / dim }, (_, row) => {
    const values = Float64Array.from(rows.subarray(row * dim, (row + 1) * dim))
    const scale = 1 / Math.sqrt(values.reduce((sum, value) => sum + value * value, 0))
    return values.map(value => value * scale)
  })
}

const product = (a: Float64Array, b: Float64Array): number => a.reduce((sum, value, k) => sum + value * (b[k] ?? 0), 0)

/** Scores of all pairs, [images][texts], in float64. */
function scoresOf({ images, texts, dim }: RetrievalCase): readonly (readonly number[])[] {
  const [imageRows, textRows] = [unit(images, dim), unit(texts, dim)]
  return imageRows.map(image => textRows.map(text => product(image, text)))
}

/** An item of a gallery. */
interface ScoredItem {
  readonly score: number
  readonly isOwn: boolean
}

/** The gallery of each image and of each text. */
function galleriesOf(input: RetrievalCase) {
  const scores = scoresOf(input)
  return {
    image: scores.map((row, image) => row.map((score, text) => ({ score, isOwn: input.owner[text] === image }))),
    text: Array.from(input.owner, (own, text) =>
      scores.map((row, image) => ({ score: row[text] ?? 0, isOwn: image === own })),
    ),
  }
}

/** Sorts each gallery whole, foreign items first among equals and then last, and finds the first own item. */
export function bruteForce(input: RetrievalCase): RetrievalRanks {
  const { image, text } = galleriesOf(input)
  const firstOwn = (all: readonly ScoredItem[], isForeignFirst: boolean): number => {
    const sign = isForeignFirst ? 1 : -1
    return all
      .toSorted((a, b) => b.score - a.score || sign * (Number(a.isOwn) - Number(b.isOwn)))
      .findIndex(({ isOwn }) => isOwn)
  }
  const ranks = (galleries: readonly (readonly ScoredItem[])[]) => {
    const above = Int32Array.from(galleries, all => firstOwn(all, false))
    return { above, tied: Int32Array.from(galleries, (all, at) => firstOwn(all, true) - (above[at] ?? 0)) }
  }
  const own = Int32Array.from(image, all => {
    const best = Math.max(...all.filter(({ isOwn }) => isOwn).map(({ score }) => score))
    return all.filter(({ isOwn, score }) => isOwn && score === best).length
  })
  return { image: { ...ranks(image), own }, text: ranks(text) }
}

/** Recalls as shares: the mean of hits over every permutation of the gallery, sorted by score without changing it else. */
export function permutedRecalls(input: RetrievalCase, depths: readonly number[]): readonly number[] {
  const { image, text } = galleriesOf(input)
  return [image, text].flatMap(galleries =>
    depths.map(depth => {
      const shares = galleries.map(all => {
        const orders = permutations(all)
        const hits = orders.filter(order =>
          order
            .toSorted((a, b) => b.score - a.score)
            .slice(0, depth)
            .some(({ isOwn }) => isOwn),
        )
        return hits.length / orders.length
      })
      return shares.reduce((sum, share) => sum + share, 0) / shares.length
    }),
  )
}

/** Every order of some items. */
export function permutations<T>(items: readonly T[]): readonly (readonly T[])[] {
  if (items.length < 2) return [items]
  return items.flatMap((item, at) => permutations(items.toSpliced(at, 1)).map(rest => [item, ...rest]))
}

/** A gallery in which image i has `captions[i]` captions that are said once. */
export function apart(captions: readonly number[]): Gallery {
  const owner = ownersOf(captions)
  return { images: captions.length, texts: Array.from(owner, (_, text) => `caption ${text}`), owner }
}

/** Owners of `captions[i]` texts of each image i, in order. */
export const ownersOf = (captions: readonly number[]): Int32Array =>
  Int32Array.from(captions.flatMap((count, image) => new Array<number>(count).fill(image)))
