/** Zero-shot classification: each image is assigned to the class with the nearest prompts (docs/protocol.md). */
import { mean, percent } from './percent.ts'
import {
  forEachBlock,
  precisionError,
  productError,
  type SimilarityOptions,
  similarity,
  unitRows,
} from './similarity.ts'

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
  /** Number of other classes that score as high or higher than the true one: [images]; 0 is best. */
  readonly ranks: Int32Array
  /** Index of each image's true class: [images]. */
  readonly labels: Int32Array
  /** Number of classes. */
  readonly classes: number
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

/** Scores of classification. */
export interface ClassificationScores extends ClassificationRanks {
  /** Percent, two decimals. */
  readonly metrics: ByClassification<number>
  /** Class that each image is assigned to: [images]. */
  readonly predictions: Int32Array
  readonly perClass: readonly ClassScore[]
  /** Images by true class (row) and assigned class (column). */
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

/**
 * Ranks the classes of every image by cosine similarity.
 *
 * Ties count against the model: another class with an equal score ranks before the true one, and the image is assigned to
 * it. Throws if labels, images and names do not match in number.
 */
export async function classification(
  { images, classes, labels, names, dim }: ClassificationCase,
  options: SimilarityOptions,
): Promise<ClassificationScores> {
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
  const ranks = new Int32Array(imageRows.rows)
  const rivals = new Float64Array(imageRows.rows).fill(Number.NEGATIVE_INFINITY)
  const predictions = Int32Array.from(labels)
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
          if (labels[image] === label) {
            ownPairs += 1
            continue
          }
          const score = similarity(imageRows, classRows, { i: image, j: label })
          if (score < floor) continue
          ranks[image] = (ranks[image] ?? 0) + 1
          if (score <= (rivals[image] ?? 0)) continue
          rivals[image] = score
          predictions[image] = label
        }
      }
    },
    options,
  )
  // The similarity to the own class reaches its own floor, so it is always met if products are within their error bound.
  if (ownPairs !== imageRows.rows) throw precisionError()
  return scoreAnswers({ ranks, labels, predictions, names })
}

/** Scores of a classifier from its scores of every image and class: [images, classes]. Ties count against it. */
export function scoreClasses(
  scores: Float64Array,
  { labels, names }: Pick<ClassificationCase, 'labels' | 'names'>,
): ClassificationScores {
  const ranks = new Int32Array(labels.length)
  const predictions = Int32Array.from(labels, (label, image) => {
    const row = scores.subarray(image * names.length, (image + 1) * names.length)
    const own = row[label] ?? 0
    let best = label
    row.forEach((score, other) => {
      if (other === label || score < own) return
      ranks[image] = (ranks[image] ?? 0) + 1
      if (best === label || score > (row[best] ?? 0)) best = other
    })
    return best
  })
  return scoreAnswers({ ranks, labels, predictions, names })
}

/** The result of ranking classes. */
interface ClassifiedImages {
  readonly ranks: Int32Array
  readonly labels: Int32Array
  readonly predictions: Int32Array
  readonly names: readonly string[]
}

function scoreAnswers({ ranks, labels, predictions, names }: ClassifiedImages): ClassificationScores {
  const answers = { ranks, labels, classes: names.length }
  const everyImage = Int32Array.from(labels, (_, image) => image)
  const confusion = names.map((_, label) =>
    countPredictions(predictions, image => labels[image] === label, names.length),
  )
  return {
    ...answers,
    metrics: byClassification(classificationShares(answers, everyImage).map(percent), 0),
    predictions,
    perClass: names.map((name, label) => scoreClass(name, label, confusion)),
    confusion,
  }
}

function countPredictions(
  predictions: Int32Array,
  counts: (image: number) => boolean,
  classes: number,
): readonly number[] {
  const row = new Array<number>(classes).fill(0)
  predictions.forEach((label, image) => {
    if (counts(image)) row[label] = (row[label] ?? 0) + 1
  })
  return row
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
  drawn: Int32Array,
): readonly number[] {
  const images = new Float64Array(classes)
  const right = new Float64Array(classes)
  let top5Hits = 0
  for (const image of drawn) {
    const label = labels[image] ?? 0
    const rank = ranks[image] ?? 0
    images[label] = (images[label] ?? 0) + 1
    if (rank === 0) right[label] = (right[label] ?? 0) + 1
    if (rank < 5) top5Hits += 1
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
  const counts = countPredictions(labels, () => true, classes).toSorted((a, b) => b - a)
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
