/** Embeddings of many images and texts by a model, of which no more than a block is in memory. */
import { type Engine, floatsOf, ints, jit, type tf } from '../engine/mod.ts'
import type { Model } from '../model/model_folder.ts'
import { imageBatch } from '../model/preprocess.ts'

export interface EmbedOptions {
  readonly engine: Engine
  /** Rows of a compiled step; the last batch is filled up, so that one step serves all. */
  readonly batchSize: number
  readonly onDone?: (done: number, total: number) => void
}

type Weights = Record<string, tf.Tensor>

/** Blocks of images: RGB bytes [n, size, size, 3] at the model's image size. */
export type ImageBlocks = AsyncIterable<{ readonly pixels: Uint8Array }>

/** Images -> unit embeddings, row-major [total, embed]; throws where there are more or fewer images than `total`. */
export async function embedImages(
  model: Model,
  blocks: ImageBlocks,
  { total, ...options }: EmbedOptions & { readonly total: number },
): Promise<Float32Array> {
  const { network, weights } = model
  const { imageSize: size, embedDim } = network
  const { batchSize, onDone } = options
  const area = 3 * size * size
  const embeddings = new Float32Array(total * embedDim)
  const step = jit(
    ({ images, weights }: { images: tf.Tensor; weights: Weights }) => ({
      embeddings: network.see(images, weights).embeddings,
    }),
    options,
  )
  let done = 0
  try {
    for await (const { pixels } of ahead(blocks)) {
      const count = pixels.length / area
      if (done + count > total) throw new Error(`There are more than the ${total} images that were announced`)
      for (let start = 0; start < count; start += batchSize) {
        const found = await step({ images: imageBatch(pixels, { size, start, batchSize }), weights })
        const images = Math.min(batchSize, count - start)
        embeddings.set(floatsOf(found.embeddings).subarray(0, images * embedDim), done * embedDim)
        done += images
        onDone?.(done, total)
      }
    }
  } finally {
    await step.dispose()
  }
  if (done !== total) throw new Error(`There are ${done} images, and ${total} were announced`)
  return embeddings
}

/** Asks for the next block before the last is used, so that images are decoded while the model computes. */
async function* ahead<T>(blocks: AsyncIterable<T>): AsyncGenerator<T> {
  const source = blocks[Symbol.asyncIterator]()
  let next = source.next()
  try {
    for (;;) {
      const { done, value } = await next
      if (done) return
      next = source.next()
      // A fault of the next block is told when it is asked for, even if that is much later.
      next.catch(() => {})
      yield value
    }
  } finally {
    await next.catch(() => {})
    await source.return?.()
  }
}

/** Texts -> unit embeddings, row-major [n, embed]. */
export async function embedTexts(model: Model, texts: readonly string[], options: EmbedOptions): Promise<Float32Array> {
  const { network, weights, tokenizer } = model
  const { embedDim, contextLength } = network
  const { batchSize, onDone } = options
  const embeddings = new Float32Array(texts.length * embedDim)
  const step = jit(
    ({ tokens, weights }: { tokens: tf.Tensor; weights: Weights }) => ({
      embeddings: network.embedTexts(tokens, weights),
    }),
    options,
  )
  try {
    for (let start = 0; start < texts.length; start += batchSize) {
      const count = Math.min(batchSize, texts.length - start)
      const tokens = new Int32Array(batchSize * contextLength)
      tokens.set(tokenizer.encodeBatch(texts.slice(start, start + count), { contextLength }))
      const found = await step({ tokens: ints(tokens, [batchSize, contextLength]), weights })
      embeddings.set(floatsOf(found.embeddings).subarray(0, count * embedDim), start * embedDim)
      onDone?.(start + count, texts.length)
    }
  } finally {
    await step.dispose()
  }
  return embeddings
}
