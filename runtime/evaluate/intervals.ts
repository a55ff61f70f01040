/** Bootstrap intervals of recalls and of classification, in percent, over images. */
import { type BootstrapOptions, bootstrap, type Interval } from './bootstrap.ts'
import {
  type ByClassification,
  byClassification,
  type ClassificationRanks,
  classificationShares,
} from './classification.ts'
import { mean } from './percent.ts'
import { type ByRecall, byRecall, type RetrievalRanks, recallDepths } from './retrieval.ts'

const none: Interval = { low: 0, high: 0 }

/**
 * Intervals of the recalls. Each image is resampled with all its captions; ranks remain those in the whole gallery.
 *
 * @param owner index of each text's image: [texts]
 */
export function retrievalIntervals(
  { imageRanks, textRanks }: RetrievalRanks,
  owner: Int32Array,
  options: BootstrapOptions,
): ByRecall<Interval> {
  const images = imageRanks.length
  const count = (counts: (text: number) => boolean): Int32Array => {
    const sums = new Int32Array(images)
    owner.forEach((image, text) => {
      if (counts(text)) sums[image] = (sums[image] ?? 0) + 1
    })
    return sums
  }
  const captions = count(() => true)
  const textHits = recallDepths.map(depth => count(text => (textRanks[text] ?? 0) < depth))
  const imageHits = recallDepths.map(depth => imageRanks.map(rank => (rank < depth ? 1 : 0)))
  const total = (counts: Int32Array, drawn: Int32Array): number => {
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
  options: BootstrapOptions,
): ByClassification<Interval> {
  const measures = (drawn: Int32Array) => classificationShares(answers, drawn).map(share => 100 * share)
  return byClassification(bootstrap(answers.ranks.length, measures, options), none)
}
