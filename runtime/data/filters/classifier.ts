/**
 * Overhead-imagery classifier on image and text (paper: the RS-WebLI filter), fitted on a small labelled part.
 *
 * L2-regularised logistic regression on hashed words and on random Fourier features of image statistics, which stand
 * for a Gaussian kernel (Rahimi and Recht, 2007). Scales, kernel width and penalty come from the labelled part alone.
 */
import { UserFault } from '../../../dsl/diagnostics/faults.ts'
import { createRandom } from '../random.ts'
import { imageFeatures, textFeatures } from './features.ts'
import { choosePenalty, fitLogistic, type LinearModel, probability } from './logistic.ts'

/** Features of one sample. */
export interface SampleFeatures {
  readonly image: Float64Array
  readonly text: Float64Array
}

/** Inputs of a classifier: the image, the text, or both. */
export type FeatureView = 'image' | 'text' | 'both'

/** Measures an image of shape `[48, 48, 3]` and its captions, joined. */
export function measureFeatures(rgb: Uint8Array, captions: readonly string[]): SampleFeatures {
  return { image: imageFeatures(rgb), text: textFeatures(captions.join(' ')) }
}

/** A fitted classifier. */
export interface OverheadClassifier {
  readonly view: FeatureView
  /** L2 penalty that cross-validation on the labelled part chose. */
  readonly penalty: number
  readonly scaling: FeatureScaling
  readonly linear: LinearModel
  /** Probability of an overhead view. */
  judge(seen: SampleFeatures): number
}

/** Centres and scales of the image features, and the width of the Gaussian kernel over them. */
export interface FeatureScaling {
  readonly mean: Float64Array
  readonly deviation: Float64Array
  readonly width: number
}

const penalties = [0.1, 0.03, 0.01, 0.003, 0.001, 0.0003, 0.0001, 0.00003, 0.00001]
const folds = 5

/** Random Fourier features; their rows have a mean square length of 1. */
const waveCount = 600

/** Length of the text's row beside the image's: alt texts are less reliable than pictures. */
const textLength = 0.6

/** Kernel width as a share of the median distance between labelled samples. */
const widthShare = 0.5

/** Fits a classifier. Throws where all labels are the same. */
export async function fitClassifier(
  view: FeatureView,
  samples: readonly SampleFeatures[],
  labels: readonly boolean[],
): Promise<OverheadClassifier> {
  if (new Set(labels).size < 2) {
    const only = labels[0] === undefined ? 'no sample is labelled' : `all ${labels.length} labels are ${labels[0]}`
    throw new UserFault(`The classifier cannot learn: ${only}`, {
      hint: 'raise labelled or check the labels of the source',
    })
  }
  const scaling = fitScaling(samples.map(seen => seen.image))
  const toRow = rowMaker(view, scaling)
  const rows = samples.map(toRow)
  const penalty = await choosePenalty({ rows, labels }, { penalties, folds })
  const linear = await fitLogistic({ rows, labels }, penalty)
  return { view, penalty, scaling, linear, judge: seen => probability(linear, toRow(seen)) }
}

function fitScaling(images: readonly Float64Array[]): FeatureScaling {
  const average = (value: (image: Float64Array) => number) =>
    images.reduce((sum, image) => sum + value(image), 0) / images.length
  const mean = (images[0] ?? new Float64Array()).map((_, j) => average(image => image[j] ?? 0))
  const deviation = mean.map((centre, j) => Math.sqrt(average(image => ((image[j] ?? 0) - centre) ** 2)) + 1e-3)
  const some = images.slice(0, 60).map(image => standardised(image, { mean, deviation }))
  const distances = some.flatMap((a, i) => some.slice(i + 1).map(b => Math.hypot(...a.map((v, j) => v - (b[j] ?? 0)))))
  distances.sort((a, b) => a - b)
  // Where most images are copies of others, the median is no distance.
  const distance = distances[distances.length >> 1] || distances.at(-1) || 1
  return { mean, deviation, width: widthShare * distance }
}

/** Centred and scaled; far values are cut at four deviations. */
const standardised = (image: Float64Array, { mean, deviation }: Omit<FeatureScaling, 'width'>): Float64Array =>
  image.map((value, j) => Math.max(-4, Math.min(4, (value - (mean[j] ?? 0)) / (deviation[j] ?? 1))))

/** Makes the function that turns features into the row that a view looks at. */
function rowMaker(view: FeatureView, scaling: FeatureScaling): (seen: SampleFeatures) => Float64Array {
  const random = createRandom(0, 'waves of the overhead classifier')
  const gauss = () => Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next())
  const waves = Array.from({ length: waveCount }, () => ({
    direction: scaling.mean.map(() => gauss() / scaling.width),
    phase: random.between(0, 2 * Math.PI),
  }))
  const imageRow = ({ image }: SampleFeatures): number[] => {
    const point = standardised(image, scaling)
    return waves.map(({ direction, phase }) => {
      let angle = phase
      for (let j = 0; j < point.length; j++) angle += (direction[j] ?? 0) * (point[j] ?? 0)
      return Math.sqrt(2 / waveCount) * Math.cos(angle)
    })
  }
  const textRow = ({ text }: SampleFeatures): Float64Array => text.map(value => value * textLength)
  switch (view) {
    case 'image':
      return seen => Float64Array.from(imageRow(seen))
    case 'text':
      return textRow
    case 'both':
      return seen => Float64Array.from([...imageRow(seen), ...textRow(seen)])
  }
}
