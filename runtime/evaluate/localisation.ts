/** Zero-shot localisation: score maps of concepts against their masks (docs/protocol.md). */
import type { TieRule } from '../../dsl/recipe/ties.ts'
import { averagePrecision, type MapShape, type Overlap, overlap, pointingHit, upsample } from './heatmap.ts'
import { mean, percent } from './percent.ts'
import { type ByTieRule, byTieRule } from './ties.ts'

/** A concept with its score maps and masks. */
export interface Concept {
  readonly name: string
  /** Row-major [images, rows, columns]: margins against contrast prompts, so that 0 is the threshold of the concept. */
  readonly scores: Float32Array
  /** Row-major [images, size, size]; a value other than 0 is inside. */
  readonly masks: Uint8Array
}

/** Scores of one concept, as shares between 0 and 1. */
export interface ConceptScore {
  readonly name: string
  /** Intersection over union, pooled over all pixels of the split; absent if both masks and predictions are empty. */
  readonly iou?: number
  /** Mean IoU of the images whose mask is not empty; absent if there is none. */
  readonly imageIou?: number
  /** Share of images in the pointing game whose highest score lies inside, by each rule for ties; absent if there is none. */
  readonly pointing?: ByTieRule<number>
  /** Average precision of pixels, without a threshold; absent if no pixel is inside. */
  readonly averagePrecision?: number
  /** Number of images in the pointing game: those whose mask is neither empty nor full. */
  readonly pointed: number
  /** Share of pixels that score above 0. */
  readonly predictedShare: number
  /** Share of pixels inside the mask. */
  readonly maskShare: number
  /** Share of pixels inside the mask, over the images in the pointing game. */
  readonly pointedMaskShare: number
}

/** The images of a concept. */
export interface ConceptImages {
  /** Pixels in mask and prediction, predicted, and inside: [images]. */
  readonly overlaps: readonly Overlap[]
  /** Hits of the pointing game, by each rule for ties: [images]. */
  readonly hits: readonly ByTieRule<number>[]
  /** Pixels of an image. */
  readonly area: number
  /** Pixels of each image outside and inside the mask, by their score in {@link scoreSteps} steps: [images, 2, steps]. */
  readonly steps: Uint32Array
}

/**
 * Percent, two decimals: `iou_NAME`, `image_iou_NAME`, `pointing_NAME`, `ap_NAME` and their means over the concepts
 * `mean_iou`, `mean_image_iou`, `mean_pointing`, `mean_ap`. Undefined values are absent.
 */
export interface LocalisationMetrics {
  readonly [name: string]: number
}

/** Scores of localisation. */
export interface LocalisationScores {
  readonly metrics: LocalisationMetrics
  readonly concepts: readonly ConceptScore[]
  /** The images of each concept. */
  readonly images: readonly ConceptImages[]
}

/** Steps of equally many pixels, into which scores are put for intervals of the average precision. */
export const scoreSteps = 128

/**
 * Measures the maps of every concept. Scores are scaled bilinearly to the size of the masks, and a pixel belongs to
 * the concept where its score is above 0.
 *
 * IoU pools all pixels of the split, so images with an empty or a full mask count. The pointing game leaves them out,
 * because every point is a miss or a hit there. Throws if scores or masks do not have the given shape, or a score is not
 * finite.
 */
export function localisation(
  concepts: readonly Concept[],
  { ties = 'expected', ...shape }: MapShape & { readonly ties?: TieRule },
): LocalisationScores {
  const scored = concepts.map(concept => scoreConcept(concept, shape))
  return {
    concepts: scored.map(({ score }) => score),
    metrics: localisationMetrics(
      scored.map(({ score }) => score),
      { ties },
    ),
    images: scored.map(({ images }) => images),
  }
}

function scoreConcept(
  { name, scores, masks }: Concept,
  shape: MapShape,
): { readonly score: ConceptScore; readonly images: ConceptImages } {
  const patches = shape.rows * shape.columns
  const area = shape.size * shape.size
  checkShape(`Scores of "${name}"`, scores.length, shape.images * patches)
  checkShape(`Masks of "${name}"`, masks.length, shape.images * area)
  if (!scores.every(Number.isFinite)) throw new Error(`A score of "${name}" is not finite; the model has diverged`)
  const pixels = new Float32Array(masks.length)
  const images = Array.from({ length: shape.images }, (_, image) => {
    const map = scores.subarray(image * patches, (image + 1) * patches)
    const mask = masks.subarray(image * area, (image + 1) * area)
    const scaled = upsample(map, shape)
    pixels.set(scaled, image * area)
    return { ...overlap(scaled, mask), hits: byTieRule(ties => pointingHit(map, mask, { ...shape, ties })) }
  })
  const total = (count: (image: (typeof images)[number]) => number) =>
    images.reduce((sum, image) => sum + count(image), 0)
  const both = total(image => image.both)
  const inside = total(image => image.inside)
  const predicted = total(image => image.predicted)
  const pointed = images.filter(image => image.inside > 0 && image.inside < area)
  const masked = images.filter(image => image.inside > 0)
  const precision = averagePrecision(pixels, masks)
  const score: ConceptScore = {
    name,
    ...(inside + predicted > 0 && { iou: both / (inside + predicted - both) }),
    ...(masked.length > 0 && {
      imageIou: mean(masked.map(image => image.both / (image.inside + image.predicted - image.both))),
    }),
    ...(pointed.length > 0 && { pointing: byTieRule(ties => mean(pointed.map(image => image.hits[ties]))) }),
    ...(precision !== undefined && { averagePrecision: precision }),
    pointed: pointed.length,
    predictedShare: predicted / masks.length,
    maskShare: inside / masks.length,
    pointedMaskShare: mean(pointed.map(image => image.inside / area)),
  }
  return {
    score,
    images: { overlaps: images, hits: images.map(({ hits }) => hits), area, steps: countSteps(pixels, masks, area) },
  }
}

/** Counts the pixels of each image outside and inside the mask by the step of their score: [images, 2, steps]. */
function countSteps(pixels: Float32Array, masks: Uint8Array, area: number): Uint32Array {
  const sorted = pixels.slice().sort()
  const bounds = Float32Array.from(
    { length: scoreSteps - 1 },
    (_, step) => sorted[Math.floor(((step + 1) * sorted.length) / scoreSteps)] ?? 0,
  )
  const counts = new Uint32Array((masks.length / area) * 2 * scoreSteps)
  pixels.forEach((score, pixel) => {
    let [low, high] = [0, bounds.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (score >= (bounds[middle] ?? 0)) low = middle + 1
      else high = middle
    }
    const at = (Math.floor(pixel / area) * 2 + (masks[pixel] === 0 ? 0 : 1)) * scoreSteps + low
    counts[at] = (counts[at] ?? 0) + 1
  })
  return counts
}

function checkShape(what: string, length: number, expected: number): void {
  if (length !== expected) throw new Error(`${what} have ${length} values instead of ${expected}; check their shape`)
}

/**
 * Expected scores of a random map on the same split.
 *
 * The map marks the same share p of pixels at random. With mask share m its pooled IoU tends to pm / (p + m - pm) and its
 * average precision to m; its point lies inside with the mean mask share of the images in the pointing game. The mean IoU of
 * images has no such closed form, so `image_iou` is absent.
 */
export function localisationChance(
  concepts: readonly ConceptScore[],
  show: (share: number) => number = percent,
): LocalisationMetrics {
  return localisationMetrics(
    concepts.map(({ imageIou: _, ...concept }) => {
      const { predictedShare: p, maskShare: m } = concept
      return {
        ...concept,
        ...(concept.iou !== undefined && { iou: (p * m) / (p + m - p * m) }),
        ...(concept.pointing !== undefined && { pointing: byTieRule(() => concept.pointedMaskShare) }),
        ...(concept.averagePrecision !== undefined && { averagePrecision: m }),
      }
    }),
    { ties: 'expected', show },
  )
}

const measures = [
  ['iou', (concept: ConceptScore) => concept.iou],
  ['image_iou', (concept: ConceptScore) => concept.imageIou],
  ['pointing', (concept: ConceptScore, ties: TieRule) => concept.pointing?.[ties]],
  ['ap', (concept: ConceptScore) => concept.averagePrecision],
] as const

/** Measures of concepts by a rule for ties; `show` makes numbers of shares, percent with two decimals if absent. */
export function localisationMetrics(
  concepts: readonly ConceptScore[],
  { ties, show = percent }: { readonly ties: TieRule; readonly show?: (share: number) => number },
): LocalisationMetrics {
  const metrics: Record<string, number> = {}
  for (const [measure, of] of measures) {
    const known: number[] = []
    for (const concept of concepts) {
      const value = of(concept, ties)
      if (value === undefined) continue
      known.push(value)
      metrics[`${measure}_${concept.name}`] = show(value)
    }
    if (known.length > 0) metrics[`mean_${measure}`] = show(mean(known))
  }
  return metrics
}
