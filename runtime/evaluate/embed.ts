/** Embeddings of many images and texts by a model. */
import { type Engine, floatsOf, ints, jit, type tf } from '../engine/mod.ts'
import type { Model } from '../model/model_folder.ts'
import { imageBatch } from '../model/preprocess.ts'

export interface EmbedOptions {
  readonly engine: Engine
  readonly batchSize: number
  readonly onDone?: (done: number, total: number) => void
}

type Weights = Record<string, tf.Tensor>

/** Runs `embed` over `total` rows in batches of one size; the last batch is filled up, so that one compiled step serves all. */
async function inBatches(
  total: number,
  options: EmbedOptions,
  embed: (start: number, count: number) => Promise<Float32Array>,
): Promise<Float32Array> {
  const parts: Float32Array[] = []
  for (let start = 0; start < total; start += options.batchSize) {
    const count = Math.min(options.batchSize, total - start)
    parts.push(await embed(start, count))
    options.onDone?.(start + count, total)
  }
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0))
  parts.reduce((offset, part) => {
    all.set(part, offset)
    return offset + part.length
  }, 0)
  return all
}

/** RGB bytes [n, size, size, 3] at the model's image size -> unit embeddings, row-major [n, embed]. */
export async function embedImages(model: Model, pixels: Uint8Array, options: EmbedOptions): Promise<Float32Array> {
  const { network, weights } = model
  const size = network.imageSize
  const area = 3 * size * size
  const step = jit(
    ({ images, weights }: { images: tf.Tensor; weights: Weights }) => ({
      embeddings: network.see(images, weights).embeddings,
    }),
    options,
  )
  try {
    return await inBatches(pixels.length / area, options, async (start, count) => {
      const images = imageBatch(pixels, { size, start, batchSize: options.batchSize })
      const { embeddings } = await step({ images, weights })
      return floatsOf(embeddings).slice(0, count * network.embedDim)
    })
  } finally {
    await step.dispose()
  }
}

/** Texts -> unit embeddings, row-major [n, embed]. */
export async function embedTexts(model: Model, texts: readonly string[], options: EmbedOptions): Promise<Float32Array> {
  const { network, weights, tokenizer } = model
  const { contextLength } = network
  const step = jit(
    ({ tokens, weights }: { tokens: tf.Tensor; weights: Weights }) => ({
      embeddings: network.embedTexts(tokens, weights),
    }),
    options,
  )
  try {
    return await inBatches(texts.length, options, async (start, count) => {
      const tokens = new Int32Array(options.batchSize * contextLength)
      tokens.set(tokenizer.encodeBatch(texts.slice(start, start + count), { contextLength }))
      const { embeddings } = await step({ tokens: ints(tokens, [options.batchSize, contextLength]), weights })
      return floatsOf(embeddings).slice(0, count * network.embedDim)
    })
  } finally {
    await step.dispose()
  }
}
