/** Recalls without a model, and the most that any model reaches, where captions are said more than once. */
import type { TieRule } from '../../dsl/recipe/ties.ts'
import { mean } from './percent.ts'
import { byRecall, type Recalls, recallDepths } from './retrieval.ts'
import { hitShare } from './ties.ts'

/** The captions of a gallery. */
export interface Gallery {
  readonly images: number
  /** Captions, of which equal ones are the same to a model: [texts]. */
  readonly texts: readonly string[]
  /** Index of each text's image: [texts]. */
  readonly owner: Int32Array
}

/** A caption of an image that is said `own` times of it and `tied` times of others. */
interface SharedCaption {
  readonly own: number
  readonly tied: number
}

/** The distinct captions of each image: [images]. */
function sharedCaptions({ images, texts, owner }: Gallery): readonly (readonly SharedCaption[])[] {
  const total = countsOf(texts)
  const own = Array.from({ length: images }, () => new Map<string, number>())
  texts.forEach((text, index) => {
    const counts = own[owner[index] ?? 0]
    counts?.set(text, (counts.get(text) ?? 0) + 1)
  })
  return own.map(counts => [...counts].map(([text, count]) => ({ own: count, tied: (total.get(text) ?? 0) - count })))
}

function countsOf<T>(items: readonly T[]): ReadonlyMap<T, number> {
  const counts = new Map<T, number>()
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1)
  return counts
}

const byShares = (shares: readonly number[]): Recalls =>
  byRecall(
    [...shares, mean(shares)].map(share => 100 * share),
    0,
  )

/**
 * Expected recalls of a model that scores at random: exact, in percent, not rounded.
 *
 * Equal captions have equal scores, so a random order is one of the distinct captions, and ties within each are counted by
 * the rule. Where no caption is said twice this is drawing k of all captions without replacement.
 */
export function retrievalChance(gallery: Gallery, rule: TieRule): Recalls {
  const sizes = countsOf([...countsOf(gallery.texts).values()])
  const known = new Map<string, readonly number[]>()
  const perImage = sharedCaptions(gallery).map(captions => {
    const name = captions
      .map(({ own, tied }) => `${own}/${tied}`)
      .sort()
      .join(' ')
    const shares = known.get(name) ?? recallDepths.map(depth => randomHit(captions, { sizes, depth, rule }))
    known.set(name, shares)
    return shares
  })
  return byShares([
    ...recallDepths.map((_, at) => mean(perImage.map(shares => shares[at] ?? 0))),
    ...recallDepths.map(depth => Math.min(1, depth / gallery.images)),
  ])
}

interface RandomOrder {
  /** Number of distinct captions by how often each is said. */
  readonly sizes: ReadonlyMap<number, number>
  readonly depth: number
  readonly rule: TieRule
}

/** The probability that an image's caption is among the best of a random order of the distinct captions. */
function randomHit(captions: readonly SharedCaption[], { sizes, depth, rule }: RandomOrder): number {
  const foreign = new Map(sizes)
  for (const { own, tied } of captions) foreign.set(own + tied, (foreign.get(own + tied) ?? 0) - 1)
  const distinct = [...sizes.values()].reduce((sum, count) => sum + count, 0)
  let hits = 0
  for (const [length, before] of waysBefore(foreign, depth).entries()) {
    // So many foreign captions stand before the first own one; every choice of them is as probable as any other.
    const probability = before.reduce(
      (sum, ways, count) =>
        sum + (ways === 0 ? 0 : (ways / choose(distinct, count)) * (captions.length / (distinct - count))),
      0,
    )
    hits += probability * mean(captions.map(caption => hitShare({ above: length, ...caption }, depth, rule)))
  }
  return hits
}

/** Numbers of sets of `count` captions that are said `length` times together, for lengths below `depth`: [length][count]. */
function waysBefore(sizes: ReadonlyMap<number, number>, depth: number): readonly (readonly number[])[] {
  let ways: readonly (readonly number[])[] = Array.from({ length: depth }, (_, length) =>
    Array.from({ length: depth }, (_, count) => (length + count === 0 ? 1 : 0)),
  )
  for (const [size, captions] of sizes) {
    if (size >= depth) continue
    ways = ways.map((row, length) =>
      row.map((_, count) => {
        let sum = 0
        for (let taken = 0; taken <= count && taken * size <= length; taken++)
          sum += (ways[length - taken * size]?.[count - taken] ?? 0) * choose(captions, taken)
        return sum
      }),
    )
  }
  return ways
}

/** Binomial coefficient. */
function choose(of: number, taken: number): number {
  let ways = 1
  for (let item = 0; item < taken; item++) ways *= (of - item) / (item + 1)
  return ways
}

/**
 * Recalls that no model can exceed, as equal captions have equal scores: in percent, not rounded.
 *
 * Image to text is best where each image ranks first the caption that fewest others share. Text to image is best where each
 * caption ranks first the images that it is said of most often.
 */
export function retrievalCeiling(gallery: Gallery, rule: TieRule): Recalls {
  const { texts, owner } = gallery
  const captions = sharedCaptions(gallery)
  const best = (depth: number): number =>
    mean(captions.map(list => Math.max(...list.map(caption => hitShare({ above: 0, ...caption }, depth, rule)))))
  const images = new Map<string, number[]>()
  texts.forEach((text, index) => {
    const list = images.get(text)
    if (list === undefined) images.set(text, [owner[index] ?? 0])
    else list.push(owner[index] ?? 0)
  })
  const counts = [...images.values()].map(list => [...countsOf(list).values()].sort((a, b) => b - a))
  const found = (depth: number): number =>
    counts.reduce((sum, list) => sum + list.slice(0, depth).reduce((all, count) => all + count, 0), 0) / texts.length
  return byShares([...recallDepths.map(best), ...recallDepths.map(found)])
}
