/** The contributions of units to recalls and accuracies, and these as functions of their sums. */
import type { TieRule } from '../../dsl/recipe/ties.ts'
import type { Measures } from './bootstrap.ts'
import type { ClassificationRanks } from './classification.ts'
import { mean } from './percent.ts'
import { type Recalls, type RetrievalRanks, recallDepths, recallNames } from './retrieval.ts'
import { hitShares } from './ties.ts'
import { collectUnits, type UnitSums } from './unit_sums.ts'

/** Contributions of units to measures, and the measures as functions of totals. */
export interface Contributions {
  readonly sums: UnitSums
  readonly measures: Measures
  /** Largest values of the measures that are shares: 100 in percent. */
  readonly most: { readonly [name: string]: number }
}

/** The rule for ties, and the unit of each image: its landmark, scene or itself. */
export interface UnitOptions {
  readonly ties: TieRule
  /** [images] */
  readonly units: readonly string[]
}

/**
 * Recalls, and their multiples of chance. An image counts with all its captions; ranks are those in the whole gallery.
 *
 * @param options `owner` is the index of each text's image: [texts]
 */
export function retrievalContributions(
  { image, text }: RetrievalRanks,
  { ties, units, owner, chance }: UnitOptions & { readonly owner: Int32Array; readonly chance: Recalls },
): Contributions {
  const [texts, imageHits, textHits] = [1, 2, 2 + recallDepths.length]
  const collector = collectUnits(textHits + recallDepths.length)
  const unitOf = (index: number): string => units[index] ?? ''
  for (const unit of units) collector.add(unit, 0, 1)
  for (const index of owner) collector.add(unitOf(index), texts, 1)
  for (const [at, depth] of recallDepths.entries()) {
    for (const [index, hit] of hitShares(image, depth, ties).entries())
      collector.add(unitOf(index), imageHits + at, hit)
    for (const [index, hit] of hitShares(text, depth, ties).entries())
      collector.add(unitOf(owner[index] ?? 0), textHits + at, hit)
  }
  const measures: Measures = totals => {
    const share = (hits: number, of: number) => (100 * (totals[hits] ?? 0)) / (totals[of] ?? 0)
    const six = [
      ...recallDepths.map((_, at) => share(imageHits + at, 0)),
      ...recallDepths.map((_, at) => share(textHits + at, texts)),
    ]
    const recalls = [...six, mean(six)]
    return Object.fromEntries([
      ...recallNames.map((name, at) => [name, recalls[at]]),
      ...timesNames.map(name => [`${name}_times_chance`, (recalls[recallNames.indexOf(name)] ?? 0) / chance[name]]),
    ])
  }
  const most = Object.fromEntries([
    ...recallNames.map(name => [name, 100]),
    ...timesNames.map(name => [`${name}_times_chance`, 100 / chance[name]]),
  ])
  return { sums: collector.finish(), measures, most }
}

/** Recalls that are told in multiples of chance, too. */
const timesNames = ['i2t_r1', 't2i_r1', 'mean_recall'] as const

/** Top-1, mean per-class recall, top-5 from six classes on, and top-1 in multiples of chance. */
export function classificationContributions(
  { ranks, labels, classes }: ClassificationRanks,
  { ties, units }: UnitOptions,
): Contributions {
  // The images and the hits of each class, and the hits at five.
  const fifth = 2 * classes
  const collector = collectUnits(fifth + 1)
  const [first, five] = [hitShares(ranks, 1, ties), hitShares(ranks, 5, ties)]
  labels.forEach((label, image) => {
    const unit = units[image] ?? ''
    collector.add(unit, label, 1)
    collector.add(unit, classes + label, first[image] ?? 0)
    if (classes > 5) collector.add(unit, fifth, five[image] ?? 0)
  })
  const measures: Measures = totals => {
    let [images, right] = [0, 0]
    const recalls: number[] = []
    for (let label = 0; label < classes; label++) {
      const [count, hits] = [totals[label] ?? 0, totals[classes + label] ?? 0]
      if (count <= 0) continue
      images += count
      right += hits
      recalls.push(hits / count)
    }
    return {
      top1: (100 * right) / images,
      mean_class_recall: 100 * mean(recalls),
      ...(classes > 5 && { top5: (100 * (totals[fifth] ?? 0)) / images }),
      top1_times_chance: (right / images) * classes,
    }
  }
  return {
    sums: collector.finish(),
    measures,
    most: { top1: 100, mean_class_recall: 100, top5: 100, top1_times_chance: classes },
  }
}
