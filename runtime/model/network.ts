/**
 * The functions of a model, independent of its kind. Code that reads, trains or measures models uses this record instead of
 * distinguishing kinds.
 */
import { tf } from '../engine/mod.ts'
import { type ComputedMammut, type MammutConfig, parameterShapes } from './config.ts'
import { unit, type Weights } from './layers.ts'
import { captionStates, embedImage, embedText, imageFeatures, imageTokens } from './mammut.ts'
import { type ComputedOpenClip, encodeImage, encodeText, imageStates } from './openclip.ts'
import { type OpenClipConfig, openClipShapes } from './openclip_config.ts'
import { channelDeviation, channelMean } from './standardize.ts'

/** Sizes of a model; those of MaMMUT have no `kind`. */
export type ModelConfig = MammutConfig | OpenClipConfig

/** A model of any kind, and options of its computation. */
export type ComputedModel = ComputedMammut | ComputedOpenClip

/** Preprocessing of images. */
export interface Preprocessing {
  /** Mean and standard deviation of red, green and blue over 0 to 1. */
  readonly mean: readonly number[]
  readonly deviation: readonly number[]
  /** Filter that scales the shorter side of an image to the size of the model; the centre is cropped. */
  readonly filter: 'lanczos3' | 'cubic'
}

/** Outputs of the image encoder. */
export interface EncodedImages {
  /** Unit embeddings [b, embed]. */
  readonly embeddings: tf.Tensor
  /** Image tokens [b, n, width]; absent: the model has none for further losses. */
  readonly tokens?: tf.Tensor
}

/** The functions of a model. Images are [b, 3, s, s], standardized as OpenAI's CLIP does; tokens int32 [b, context]. */
export interface Network {
  readonly kind: 'mammut' | 'openclip'
  readonly imageSize: number
  readonly contextLength: number
  readonly vocabSize: number
  readonly embedDim: number
  /** Width of image features. */
  readonly featureDim: number
  readonly preprocessing: Preprocessing
  /** Shape of every parameter. */
  readonly shapes: Readonly<Record<string, readonly number[]>>
  /** Number of parameters. */
  readonly parameters: number
  encodeImages(images: tf.Tensor, weights: Weights): EncodedImages
  /** Image features [b, width], before the projection to embeddings. */
  features(images: tf.Tensor, weights: Weights): tf.Tensor
  /** Unit embeddings [b, embed]. */
  embedTexts(tokens: tf.Tensor, weights: Weights): tf.Tensor
  /** States [b, context - 1, width], from which the next token is predicted; absent: the model writes no captions. */
  captionStates?(tokens: tf.Tensor, imageTokens: tf.Tensor, weights: Weights): tf.Tensor
}

/** True if sizes are those of an OpenCLIP model. */
export const isOpenClip = (config: ModelConfig): config is OpenClipConfig =>
  'kind' in config && config.kind === 'openclip'

const countParameters = (shapes: Network['shapes']): number =>
  Object.values(shapes).reduce((sum, shape) => sum + shape.reduce((product, side) => product * side, 1), 0)

/** The functions of a model. */
export const networkOf = (config: ComputedModel): Network =>
  isOpenClip(config) ? openClipNetwork(config) : mammutNetwork(config)

function mammutNetwork(config: ComputedMammut): Network {
  const shapes = parameterShapes(config)
  return {
    kind: 'mammut',
    imageSize: config.imageSize,
    contextLength: config.text.contextLength,
    vocabSize: config.text.vocabSize,
    embedDim: config.embedDim,
    featureDim: config.vision.width,
    preprocessing: { mean: channelMean, deviation: channelDeviation, filter: 'lanczos3' },
    shapes,
    parameters: countParameters(shapes),
    encodeImages(images, weights) {
      const tokens = imageTokens(images, weights, config)
      return { embeddings: embedImage(tokens, weights, config), tokens }
    },
    features: (images, weights) => imageFeatures(imageTokens(images, weights, config), weights, config),
    embedTexts: (tokens, weights) => embedText(tokens, weights, config),
    captionStates: (tokens, image, weights) => captionStates(tokens, image, weights, config),
  }
}

function openClipNetwork(config: ComputedOpenClip): Network {
  const shapes = openClipShapes(config)
  const { mean = channelMean, deviation = channelDeviation } = config
  return {
    kind: 'openclip',
    imageSize: config.vision.imageSize,
    contextLength: config.text.contextLength,
    vocabSize: config.text.vocabSize,
    embedDim: config.embedDim,
    featureDim: config.vision.width,
    preprocessing: { mean, deviation, filter: 'cubic' },
    shapes,
    parameters: countParameters(shapes),
    encodeImages: (images, weights) => ({
      embeddings: unit(encodeImage(restandardize(images, { mean, deviation }), weights, config)),
    }),
    features: (images, weights) => imageStates(restandardize(images, { mean, deviation }), weights, config),
    embedTexts: (tokens, weights) => unit(encodeText(tokens, weights, config)),
  }
}

/** Images standardized by OpenAI CLIP's constants -> the same images standardized by other constants. */
function restandardize(images: tf.Tensor, { mean, deviation }: Pick<Preprocessing, 'mean' | 'deviation'>): tf.Tensor {
  const isSame = (a: readonly number[], b: readonly number[]) => a.every((value, i) => value === b[i])
  if (isSame(mean, channelMean) && isSame(deviation, channelDeviation)) return images
  const scale = channelDeviation.map((own, i) => own / (deviation[i] ?? 1))
  const shift = channelMean.map((own, i) => (own - (mean[i] ?? 0)) / (deviation[i] ?? 1))
  return tf.add(tf.mul(images, tf.tensor(scale, [1, 3, 1, 1])), tf.tensor(shift, [1, 3, 1, 1]))
}
