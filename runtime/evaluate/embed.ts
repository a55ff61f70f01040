/** Embeddings of many images and texts. Of images, no more than two blocks are in memory. */
import { type Engine, floatsOf, ints, jit, type NdArray, type tf } from '../engine/mod.ts'
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

/** Output of images: unit embeddings [n, embed], or the features [n, width] before the projection. */
export type ImageOutput = 'embeddings' | 'features'

/** A compiled model that embeds images and texts. Results are row-major. */
export interface Embedder {
  /** Dimensions of the output of an image. */
  readonly imageDim: number
  /** Outputs of RGB bytes [n, size, size, 3] at the image size of the model. */
  images(pixels: Uint8Array): Promise<Float32Array>
  /** Unit embeddings [n, embed] of texts. */
  texts(texts: readonly string[]): Promise<Float32Array>
  dispose(): Promise<void>
}

/** The step that embeds images, or takes their features. */
export const imageStep =
  (network: Network, output: ImageOutput) =>
  ({ images, weights }: { readonly images: tf.Tensor; readonly weights: Weights }) => ({
    embeddings:
      output === 'embeddings' ? network.encodeImages(images, weights).embeddings : network.features(images, weights),
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
  {
    engine,
    batchSize,
    output = 'embeddings',
  }: Pick<EmbedOptions, 'engine' | 'batchSize'> & { readonly output?: ImageOutput },
): Embedder {
  const { imageSize: size, embedDim, contextLength } = network
  const imageDim = output === 'embeddings' ? embedDim : network.featureDim
  const area = 3 * size * size
  const encodeImages = jit(imageStep(network, output), { engine, invariant: ['weights'] })
  const encodeTexts = jit(textStep(network), { engine, invariant: ['weights'] })

  async function inBatches(
    total: number,
    dim: number,
    embed: (start: number, count: number) => Promise<{ readonly embeddings: NdArray }>,
  ): Promise<Float32Array> {
    const all = new Float32Array(total * dim)
    for (let start = 0; start < total; start += batchSize) {
      const count = Math.min(batchSize, total - start)
      const { embeddings } = await embed(start, count)
      all.set(floatsOf(embeddings).subarray(0, count * dim), start * dim)
    }
    return all
  }

  return {
    imageDim,
    images: pixels =>
      inBatches(pixels.length / area, imageDim, start =>
        encodeImages({ images: imageBatch(pixels, { size, start, batchSize }), weights }),
      ),
    texts: texts =>
      inBatches(texts.length, embedDim, (start, count) => {
        const tokens = new Int32Array(batchSize * contextLength)
        tokens.set(tokenizer.encodeBatch(texts.slice(start, start + count), { contextLength }))
        return encodeTexts({ tokens: ints(tokens, [batchSize, contextLength]), weights })
      }),
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
  /** @default "embeddings" */
  readonly output?: ImageOutput
}

/** Images -> their embeddings or features, row-major; throws if the number of images is not `total`. */
export async function embedImages(
  model: LoadedModel,
  blocks: ImageBlocks,
  { total, ...options }: ImageOptions,
): Promise<Float32Array> {
  const area = 3 * model.network.imageSize ** 2
  const embedder = createEmbedder(model, options)
  const dim = embedder.imageDim
  const embeddings = new Float32Array(total * dim)
  let done = 0
  try {
    for await (const { pixels } of prefetch(blocks)) {
      const count = pixels.length / area
      if (done + count > total) throw new Error(`There are more than the ${total} images that were expected`)
      for (let start = 0; start < count; start += options.batchSize) {
        const images = Math.min(options.batchSize, count - start)
        const found = await embedder.images(pixels.subarray(start * area, (start + images) * area))
        embeddings.set(found, done * dim)
        done += images
        options.onDone?.(done, total)
      }
    }
  } finally {
    await embedder.dispose()
  }
  if (done !== total) throw new Error(`There are ${done} images, and ${total} were expected`)
  return embeddings
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

/** Texts -> unit embeddings, row-major [n, embed]. */
export async function embedTexts(
  model: LoadedModel,
  texts: readonly string[],
  options: EmbedOptions,
): Promise<Float32Array> {
  const { batchSize, onDone } = options
  const { embedDim } = model.network
  const embeddings = new Float32Array(texts.length * embedDim)
  const embedder = createEmbedder(model, options)
  try {
    for (let start = 0; start < texts.length; start += batchSize) {
      const some = texts.slice(start, start + batchSize)
      embeddings.set(await embedder.texts(some), start * embedDim)
      onDone?.(start + some.length, texts.length)
    }
  } finally {
    await embedder.dispose()
  }
  return embeddings
}
