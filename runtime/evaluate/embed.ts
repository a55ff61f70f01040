/** Embeddings of many images and texts. Of images, no more than two blocks are in memory. */
import { type Engine, floatsOf, ints, jit, type tf } from '../engine/mod.ts'
import type { Weights } from '../model/layers.ts'
import type { LoadedModel } from '../model/model_folder.ts'
import type { Network } from '../model/network.ts'
import { imageBatch } from '../model/preprocess.ts'

/** Options of embedding. */
export interface EmbedOptions {
  readonly engine: Engine
  /** Rows of the compiled step; the last batch is padded, so that one step serves all. */
  readonly batchSize: number
  readonly onDone?: (done: number, total: number) => void
}

/** Outputs of images, row-major: unit embeddings [n, embed], and the features [n, width] before the projection. */
export interface ImageVectors {
  readonly embeddings: Float32Array
  readonly features: Float32Array
}

/** A compiled model that embeds images and texts. Results are row-major. */
export interface Embedder {
  /** Outputs of RGB bytes [n, size, size, 3] at the image size of the model. */
  images(pixels: Uint8Array): Promise<ImageVectors>
  /** Unit embeddings [n, embed] of texts. */
  texts(texts: readonly string[]): Promise<Float32Array>
  dispose(): Promise<void>
}

/** The step that embeds images; what both outputs need is computed once. */
export const imageStep =
  (network: Network) =>
  ({ images, weights }: { readonly images: tf.Tensor; readonly weights: Weights }) => ({
    embeddings: network.encodeImages(images, weights).embeddings,
    features: network.features(images, weights),
  })

/** The step that embeds texts. */
export const textStep =
  (network: Network) =>
  ({ tokens, weights }: { readonly tokens: tf.Tensor; readonly weights: Weights }) => ({
    embeddings: network.embedTexts(tokens, weights),
  })

/** Creates the embedder of a model. Batches are padded, so that one compiled step for images and one for texts serve all. */
export function createEmbedder(
  { network, weights, tokenizer }: LoadedModel,
  { engine, batchSize }: Pick<EmbedOptions, 'engine' | 'batchSize'>,
): Embedder {
  const { imageSize: size, embedDim, featureDim, contextLength } = network
  const area = 3 * size * size
  const encodeImages = jit(imageStep(network), { engine, invariant: ['weights'] })
  const encodeTexts = jit(textStep(network), { engine, invariant: ['weights'] })

  return {
    async images(pixels) {
      const total = pixels.length / area
      const embeddings = new Float32Array(total * embedDim)
      const features = new Float32Array(total * featureDim)
      for (let start = 0; start < total; start += batchSize) {
        const count = Math.min(batchSize, total - start)
        const found = await encodeImages({ images: imageBatch(pixels, { size, start, batchSize }), weights })
        embeddings.set(floatsOf(found.embeddings).subarray(0, count * embedDim), start * embedDim)
        features.set(floatsOf(found.features).subarray(0, count * featureDim), start * featureDim)
      }
      return { embeddings, features }
    },
    async texts(texts) {
      const embeddings = new Float32Array(texts.length * embedDim)
      for (let start = 0; start < texts.length; start += batchSize) {
        const some = texts.slice(start, start + batchSize)
        const tokens = new Int32Array(batchSize * contextLength)
        tokens.set(tokenizer.encodeBatch(some, { contextLength }))
        const found = await encodeTexts({ tokens: ints(tokens, [batchSize, contextLength]), weights })
        embeddings.set(floatsOf(found.embeddings).subarray(0, some.length * embedDim), start * embedDim)
      }
      return embeddings
    },
    async dispose() {
      await encodeImages.dispose()
      await encodeTexts.dispose()
    },
  }
}

/** Blocks of images: RGB bytes [n, size, size, 3] at the model's image size. */
export type ImageBlocks = AsyncIterable<{ readonly pixels: Uint8Array }>

/** Options of embedding images. */
export interface ImageOptions extends EmbedOptions {
  readonly total: number
}

/** Embeds images and yields the outputs of each batch, in order; throws if the number of images is not `total`. */
export async function* embedBlocks(
  model: LoadedModel,
  blocks: ImageBlocks,
  { total, batchSize, onDone, engine }: ImageOptions,
): AsyncGenerator<ImageVectors> {
  const area = 3 * model.network.imageSize ** 2
  const embedder = createEmbedder(model, { engine, batchSize })
  let done = 0
  try {
    for await (const { pixels } of prefetch(blocks)) {
      const count = pixels.length / area
      if (done + count > total) throw new Error(`There are more than the ${total} images that were expected`)
      for (let start = 0; start < count; start += batchSize) {
        const images = Math.min(batchSize, count - start)
        yield await embedder.images(pixels.subarray(start * area, (start + images) * area))
        done += images
        onDone?.(done, total)
      }
    }
  } finally {
    await embedder.dispose()
  }
  if (done !== total) throw new Error(`There are ${done} images, and ${total} were expected`)
}

/** Images -> their unit embeddings, row-major [n, embed]; throws if the number of images is not `total`. */
export async function embedImages(
  model: LoadedModel,
  blocks: ImageBlocks,
  options: ImageOptions,
): Promise<Float32Array> {
  const all = new Float32Array(options.total * model.network.embedDim)
  let done = 0
  for await (const { embeddings } of embedBlocks(model, blocks, options)) {
    all.set(embeddings, done)
    done += embeddings.length
  }
  return all
}

/** Requests the next block before it yields the current one, so that images are decoded while the model computes. */
async function* prefetch<T>(blocks: AsyncIterable<T>): AsyncGenerator<T> {
  const source = blocks[Symbol.asyncIterator]()
  let next = source.next()
  try {
    for (;;) {
      const { done, value } = await next
      if (done) return
      next = source.next()
      // The fault of a prefetched block is thrown when the block is awaited, and not as an unhandled rejection.
      next.catch(() => {})
      yield value
    }
  } finally {
    await next.catch(() => {})
    await source.return?.()
  }
}

/** Embeds texts and yields the unit embeddings of each batch, row-major, in order. */
export async function* embedTextBlocks(
  model: LoadedModel,
  texts: readonly string[],
  { engine, batchSize, onDone }: EmbedOptions,
): AsyncGenerator<Float32Array> {
  const embedder = createEmbedder(model, { engine, batchSize })
  try {
    for (let start = 0; start < texts.length; start += batchSize) {
      const some = texts.slice(start, start + batchSize)
      yield await embedder.texts(some)
      onDone?.(start + some.length, texts.length)
    }
  } finally {
    await embedder.dispose()
  }
}

/** Texts -> unit embeddings, row-major [n, embed]. */
export async function embedTexts(
  model: LoadedModel,
  texts: readonly string[],
  options: EmbedOptions,
): Promise<Float32Array> {
  const all = new Float32Array(texts.length * model.network.embedDim)
  let done = 0
  for await (const embeddings of embedTextBlocks(model, texts, options)) {
    all.set(embeddings, done)
    done += embeddings.length
  }
  return all
}
