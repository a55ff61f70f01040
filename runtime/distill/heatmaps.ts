/** Heatmaps of concepts over many images. */
import { type Engine, floatsOf, type HostArray, ints, jit, type tf } from '../engine/mod.ts'
import { gridSide, type MammutConfig } from '../model/config.ts'
import { imageTokens } from '../model/mammut.ts'
import type { LoadedModel } from '../model/model_folder.ts'
import { imageBatch } from '../model/preprocess.ts'
import { averageWindows, margins, type QueryTokens, type SlidingWindow, windowEmbeddings } from './sao.ts'

/** A MaMMUT model: maps are computed from its attention pooling. */
type LoadedMammut = LoadedModel<MammutConfig>

/** A concept to localise, as prompts for it and contrast prompts. */
export interface ConceptQuery {
  readonly prompts: readonly string[]
  readonly against: readonly string[]
}

/** Options of heatmaps. */
export interface HeatmapOptions {
  readonly engine: Engine
  readonly queries: readonly ConceptQuery[]
  readonly window: SlidingWindow
  readonly batchSize: number
  readonly onImages?: (done: number, total: number) => void
}

/** The texts of queries as token arrays. */
export const tokenizeQueries = (
  { tokenizer, config }: LoadedMammut,
  queries: readonly ConceptQuery[],
): { prompts: HostArray; against: HostArray }[] =>
  queries.map(query => {
    const { contextLength } = config.text
    const tokens = (texts: readonly string[]) =>
      ints(tokenizer.encodeBatch(texts, { contextLength }), [texts.length, contextLength])
    return { prompts: tokens(query.prompts), against: tokens(query.against) }
  })

interface MarginInputs {
  readonly images: tf.Tensor
  readonly queries: readonly QueryTokens[]
  readonly weights: Record<string, tf.Tensor>
}

/** The step that computes the margins of a batch of images. */
export const marginStep =
  (config: MammutConfig, spec: SlidingWindow) =>
  ({ images, queries, weights }: MarginInputs) => {
    const windows = windowEmbeddings(imageTokens(images, weights, config), weights, { config, spec })
    return { margins: averageWindows(margins(windows, queries, weights, config), { config, spec }) }
  }

/**
 * Computes the margins of every patch and concept: row-major [images, side, side, concepts]. `pixels` are RGB bytes
 * [images, size, size, 3] at the image size of the model. The last batch is padded, so that one compiled step serves all.
 */
export async function heatmaps(
  model: LoadedMammut,
  pixels: Uint8Array,
  options: HeatmapOptions,
): Promise<Float32Array> {
  const { config } = model
  const { engine, queries, window: spec, batchSize, onImages } = options
  const size = config.imageSize
  const area = 3 * size * size
  const total = pixels.length / area
  const cells = gridSide(config) ** 2 * queries.length
  const step = jit(marginStep(config, spec), { engine, invariant: ['weights', 'queries'] })
  const maps = new Float32Array(total * cells)
  const tokens = tokenizeQueries(model, queries)
  try {
    for (let start = 0; start < total; start += batchSize) {
      const count = Math.min(batchSize, total - start)
      const images = imageBatch(pixels, { size, start, batchSize })
      const result = await step({
        images,
        queries: tokens,
        weights: model.weights,
      })
      maps.set(floatsOf(result.margins).subarray(0, count * cells), start * cells)
      onImages?.(start + count, total)
    }
  } finally {
    await step.dispose()
  }
  return maps
}
