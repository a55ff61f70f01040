/** Zero-shot classification: each image is assigned to the class with the nearest prompts (docs/protocol.md). */
import type { TieRule } from '../../dsl/recipe/ties.ts'
import { mean, percent } from './percent.ts'
import {
  forEachBlock,
  precisionError,
  productError,
  type SimilarityOptions,
  similarity,
  unitRows,
} from './similarity.ts'
import { hitShares, type TiedRanks } from './ties.ts'

/** Embeddings of images and classes, and true labels. */
export interface ClassificationCase {
  /** Row-major [images, dim], of any length. */
  readonly images: Float32Array
  /** Row-major [classes, dim], as {@link classEmbeddings} makes them. */
  readonly classes: Float32Array
  /** Index of each image's class: [images]. */
  readonly labels: Int32Array
  /** Class names: [classes]. */
  readonly names: readonly string[]
  readonly dim: number
}

/** A value for each measure; `top5` is absent below six classes. */
export interface ByClassification<T> {
  readonly top1: T
  /** Mean over the classes that have an image. */
  readonly mean_class_recall: T
  readonly top5?: T
}

/** Ranks of the true classes, from which measures are computed. */
export interface ClassificationRanks {
  /** The true class of each image among the classes: [images]. */
  readonly ranks: TiedRanks
  /** Index of each image's true class: [images]. */
  readonly labels: Int32Array
  /** Number of classes. */
  readonly classes: number
}

/** Classes that images are given to. */
export interface ClassAnswers extends ClassificationRanks {
  /** The first of the highest classes of each image: [images]. */
  readonly predictions: Int32Array
  /** Every highest class of the images that have several, by the index of the image. */
  readonly draws: ReadonlyMap<number, readonly number[]>
}

/** Scores of one class. */
export interface ClassScore {
  readonly name: string
  readonly images: number
  /** Percent of its images that are assigned to it; absent if it has none. */
  readonly recall?: number
  /** Percent of the images assigned to it that belong to it; absent if none is. */
  readonly precision?: number
}

/** Scores of classification by a rule for ties. */
export interface ClassificationScores {
  /** Percent, two decimals. */
  readonly metrics: ByClassification<number>
  readonly perClass: readonly ClassScore[]
  /**
   * Images by true class (row) and assigned class (column). An image whose highest classes tie counts in parts for each of
   * them, by the rule `against` for a wrong one, by `for` for the true one if it is among them.
   */
  readonly confusion: readonly (readonly number[])[]
}

/**
 * Averages the embeddings of each class over its templates, each scaled to unit length first, and scales the mean.
 *
 * @param prompts row-major [classes, templates, dim]
 * @returns row-major [classes, dim]
 */
export function classEmbeddings(
  prompts: Float32Array,
  { templates, dim }: { readonly templates: number; readonly dim: number },
): Float32Array {
  const classes = prompts.length / (templates * dim)
  if (!Number.isInteger(classes)) {
    throw new Error(`${prompts.length} values make no whole classes of ${templates} templates and ${dim} dimensions`)
  }
  const result = new Float32Array(classes * dim)
  for (let index = 0; index < classes; index++) {
    const sum = new Float64Array(dim)
    for (let template = 0; template < templates; template++) {
      const start = (index * templates + template) * dim
      addUnit(sum, prompts.subarray(start, start + dim))
    }
    const unit = new Float64Array(dim)
    addUnit(unit, sum)
    result.set(unit, index * dim)
  }
  return result
}

/** Adds the vector, scaled to unit length, to the sum; a vector of zeros adds nothing. */
function addUnit(sum: Float64Array, vector: Float32Array | Float64Array): void {
  let squares = 0
  for (const value of vector) squares += value * value
  if (squares === 0) return
  const scale = 1 / Math.sqrt(squares)
  for (let k = 0; k < sum.length; k++) sum[k] = (sum[k] ?? 0) + (vector[k] ?? 0) * scale
}

/** Ranks the classes of every image by cosine similarity. Throws if labels, images and names do not match in number. */
export async function classification(
  { images, classes, labels, names, dim }: ClassificationCase,
  options: SimilarityOptions,
): Promise<ClassAnswers> {
  const imageRows = unitRows(images, dim)
  const classRows = unitRows(classes, dim)
  if (labels.length !== imageRows.rows || imageRows.rows === 0) {
    throw new Error(`${imageRows.rows} images have ${labels.length} labels; give one label for each image`)
  }
  if (names.length !== classRows.rows) {
    throw new Error(`${classRows.rows} classes have ${names.length} names; give one name for each class`)
  }
  const own = Float64Array.from(labels, (label, image) => {
    if (names[label] === undefined) throw new Error(`Image ${image} has label ${label} of ${names.length} classes`)
    return similarity(imageRows, classRows, { i: image, j: label })
  })
  const ranking = startRanking(labels, own)
  const error = productError(dim)
  let ownPairs = 0
  await forEachBlock(
    imageRows,
    classRows,
    ({ scores, width, from, rows, to, columns }) => {
      for (let row = 0; row < rows; row++) {
        const image = from + row
        const floor = own[image] ?? 0
        for (let column = 0; column < columns; column++) {
          if ((scores[row * width + column] ?? 0) < floor - error) continue
          const label = to + column
          if (labels[image] === label) ownPairs += 1
          else ranking.add(image, label, similarity(imageRows, classRows, { i: image, j: label }))
        }
      }
    },
    options,
  )
  // The similarity to the own class reaches its own floor, so it is always met if products are within their error bound.
  if (ownPairs !== imageRows.rows) throw precisionError()
  return { ...ranking.answers(), classes: names.length }
}

/** Ranks of a classifier's scores of every image and class: [images, classes]. */
export function rankClasses(
  scores: Float64Array,
  { labels, names }: Pick<ClassificationCase, 'labels' | 'names'>,
): ClassAnswers {
  const classes = names.length
  const own = Float64Array.from(labels, (label, image) => scores[image * classes + label] ?? 0)
  const ranking = startRanking(labels, own)
  for (const [image, label] of labels.entries())
    for (let other = 0; other < classes; other++)
      if (other !== label) ranking.add(image, other, scores[image * classes + other] ?? 0)
  return { ...ranking.answers(), classes }
}

/** Collects the scores of other classes. A class that scores below the true one changes nothing. */
function startRanking(labels: Int32Array, own: Float64Array) {
  const [above, tied] = [new Int32Array(labels.length), new Int32Array(labels.length)]
  const highest = own.slice()
  const predictions = labels.slice()
  const draws = new Map<number, readonly number[]>()
  return {
    add(image: number, label: number, score: number): void {
      const floor = own[image] ?? 0
      if (score < floor) return
      const counts = score === floor ? tied : above
      counts[image] = (counts[image] ?? 0) + 1
      const most = highest[image] ?? 0
      if (score < most) return
      if (score > most) {
        highest[image] = score
        predictions[image] = label
        draws.delete(image)
        return
      }
      const all = [...(draws.get(image) ?? [predictions[image] ?? 0]), label].sort((a, b) => a - b)
      draws.set(image, all)
      predictions[image] = all[0] ?? label
    },
    answers: () => ({ ranks: { above, tied }, labels, predictions, draws }),
  }
}

/** Scores of answers by a rule for ties. */
export function scoreAnswers(
  answers: ClassAnswers,
  { names, ties }: { readonly names: readonly string[]; readonly ties: TieRule },
): ClassificationScores {
  const { labels, predictions, draws } = answers
  const confusion = names.map(() => new Array<number>(names.length).fill(0))
  labels.forEach((label, image) => {
    const given = givenClasses(draws.get(image) ?? [predictions[image] ?? 0], label, ties)
    const row = confusion[label]
    if (row) for (const other of given) row[other] = (row[other] ?? 0) + 1 / given.length
  })
  const everyImage = Int32Array.from(labels, (_, image) => image)
  return {
    metrics: byClassification(classificationShares(answers, { drawn: everyImage, ties }).map(percent), 0),
    perClass: names.map((name, label) => scoreClass(name, label, confusion)),
    confusion,
  }
}

/** The classes that an image is given to, in equal parts. */
function givenClasses(highest: readonly number[], label: number, ties: TieRule): readonly number[] {
  if (ties === 'expected' || highest.length === 1) return highest
  if (ties === 'for') return highest.includes(label) ? [label] : highest.slice(0, 1)
  return highest.filter(other => other !== label).slice(0, 1)
}

function scoreClass(name: string, label: number, confusion: readonly (readonly number[])[]): ClassScore {
  const right = confusion[label]?.[label] ?? 0
  const images = confusion[label]?.reduce((sum, count) => sum + count, 0) ?? 0
  const given = confusion.reduce((sum, row) => sum + (row[label] ?? 0), 0)
  return {
    name,
    images,
    ...(images > 0 && { recall: percent(right / images) }),
    ...(given > 0 && { precision: percent(right / given) }),
  }
}

/**
 * Measures of some images as shares: top-1, mean per-class recall and, from six classes on, top-5.
 *
 * @param drawn indices of the images, which may repeat
 */
export function classificationShares(
  { ranks, labels, classes }: ClassificationRanks,
  { drawn, ties }: { readonly drawn: Int32Array; readonly ties: TieRule },
): readonly number[] {
  const images = new Float64Array(classes)
  const right = new Float64Array(classes)
  const [first, fifth] = [hitShares(ranks, 1, ties), hitShares(ranks, 5, ties)]
  let top5Hits = 0
  for (const image of drawn) {
    const label = labels[image] ?? 0
    images[label] = (images[label] ?? 0) + 1
    right[label] = (right[label] ?? 0) + (first[image] ?? 0)
    top5Hits += fifth[image] ?? 0
  }
  const recalls = Array.from(right, (count, label) => count / (images[label] ?? 0)).filter(Number.isFinite)
  const top1 = right.reduce((sum, count) => sum + count, 0) / drawn.length
  return [top1, mean(recalls), ...(classes > 5 ? [top5Hits / drawn.length] : [])]
}

/** Names values that stand in the order of {@link classificationShares}; `absent` replaces missing values. */
export function byClassification<T>(values: readonly T[], absent: T): ByClassification<T> {
  const [top1 = absent, meanClassRecall = absent, top5] = values
  return { top1, mean_class_recall: meanClassRecall, ...(top5 !== undefined && { top5 }) }
}

/** Measures without a model, in percent, not rounded. `random` orders classes at random, `majority` by their frequency. */
export interface ClassificationChance {
  readonly random: ByClassification<number>
  readonly majority: ByClassification<number>
}

/** Chance levels of labels. A random order includes classes without images. */
export function classificationChance(labels: Int32Array, classes: number): ClassificationChance {
  const counts = new Array<number>(classes).fill(0)
  for (const label of labels) counts[label] = (counts[label] ?? 0) + 1
  counts.sort((a, b) => b - a)
  const share = (depth: number) => counts.slice(0, depth).reduce((sum, count) => sum + count, 0) / labels.length
  const percents = (shares: readonly number[]) =>
    byClassification(
      shares.map(value => 100 * value),
      0,
    )
  return {
    random: percents([1 / classes, 1 / classes, ...(classes > 5 ? [5 / classes] : [])]),
    majority: percents([share(1), 1 / counts.filter(count => count > 0).length, ...(classes > 5 ? [share(5)] : [])]),
  }
}
