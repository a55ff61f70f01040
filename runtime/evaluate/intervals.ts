/** Bootstrap intervals of recalls and of classification, in percent, over images. */
import type { TieRule } from '../../dsl/recipe/ties.ts'
import { type BootstrapOptions, bootstrap, type Interval } from './bootstrap.ts'
import {
  type ByClassification,
  byClassification,
  type ClassificationRanks,
  classificationShares,
} from './classification.ts'
import { mean } from './percent.ts'
import { type ByRecall, byRecall, type RetrievalRanks, recallDepths } from './retrieval.ts'
import { hitShares } from './ties.ts'

const none: Interval = { low: 0, high: 0 }

/**
 * Intervals of the recalls. Each image is resampled with all its captions; ranks remain those in the whole gallery.
 *
 * @param options `owner` is the index of each text's image: [texts]
 */
export function retrievalIntervals(
  { image, text }: RetrievalRanks,
  { owner, ties, ...options }: BootstrapOptions & { readonly owner: Int32Array; readonly ties: TieRule },
): ByRecall<Interval> {
  const images = image.above.length
  const count = (counts: (text: number) => number): Float64Array => {
    const sums = new Float64Array(images)
    owner.forEach((image, text) => {
      sums[image] = (sums[image] ?? 0) + counts(text)
    })
    return sums
  }
  const captions = count(() => 1)
  const textHits = recallDepths.map(depth => {
    const hits = hitShares(text, depth, ties)
    return count(text => hits[text] ?? 0)
  })
  const imageHits = recallDepths.map(depth => hitShares(image, depth, ties))
  const total = (counts: Float64Array, drawn: Int32Array): number => {
    let sum = 0
    for (const image of drawn) sum += counts[image] ?? 0
    return sum
  }
  const measures = (drawn: Int32Array): readonly number[] => {
    const texts = total(captions, drawn)
    const recalls = [
      ...imageHits.map(hits => (100 * total(hits, drawn)) / images),
      ...textHits.map(hits => (100 * total(hits, drawn)) / texts),
    ]
    return [...recalls, mean(recalls)]
  }
  return byRecall(bootstrap(images, measures, options), none)
}

/** Intervals of top-1, mean per-class recall and, from six classes on, top-5. */
export function classificationIntervals(
  answers: ClassificationRanks,
  { ties, ...options }: BootstrapOptions & { readonly ties: TieRule },
): ByClassification<Interval> {
  const measures = (drawn: Int32Array) => classificationShares(answers, { drawn, ties }).map(share => 100 * share)
  return byClassification(bootstrap(answers.labels.length, measures, options), none)
}
