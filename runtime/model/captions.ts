/**
 * Captions of images by MaMMUT's generative pass.
 *
 * ```ts
 * const captioner = createCaptioner(model, { engine, batchSize: 64, decoding: { kind: 'greedy' } })
 * const captions = await captioner.caption(pixels) // RGB bytes [n, size, size, 3] at the model's image size
 * await captioner.dispose()
 * ```
 */
import { createRandom } from '../data/random.ts'
import { endId, padId, startId, type Tokenizer } from '../data/tokenizer.ts'
import { type Engine, floats, floatsOf, type HostArray, ints, jit, type NdArray, toHost } from '../engine/mod.ts'
import type { MammutConfig } from './config.ts'
import { type DecodeInputs, decodeStep, imageKeys, textBlocks } from './decode_step.ts'
import { hidden } from './layers.ts'
import { imageBatch } from './preprocess.ts'
import type { HostArrays } from './safetensors.ts'
import { drawNucleus, likeliest, type TokenDecoding } from './sampling.ts'

/** Options of a captioner. */
export interface CaptionOptions {
  readonly engine: Engine
  /** Images in a batch; the last batch is padded, so that one compiled step serves all. */
  readonly batchSize: number
  readonly decoding: TokenDecoding
  readonly onDone?: (done: number, total: number) => void
}

/** A compiled model that captions images. */
export interface ModelCaptioner {
  /**
   * Captions RGB bytes [n, size, size, 3] at the image size of the model. A caption ends with the end token or at the context
   * length. `first` is the index of the first image in its dataset: random numbers depend on the seed and the index of an
   * image alone.
   */
  caption(pixels: Uint8Array, first?: number): Promise<readonly string[]>
  dispose(): Promise<void>
}

/** The parts of a model that a captioner uses. */
export interface CaptioningModel {
  readonly config: MammutConfig
  readonly weights: HostArrays
  readonly tokenizer: Pick<Tokenizer, 'decode'>
}

/** The step that computes keys and values of images. */
export const imageKeyStep =
  (config: MammutConfig) =>
  ({ images, weights }: Pick<DecodeInputs, 'weights'> & { readonly images: DecodeInputs['tokens'] }) => ({
    image: imageKeys(images, weights, config),
  })

/** Creates the captioner of a model. */
export function createModelCaptioner(model: CaptioningModel, options: CaptionOptions): ModelCaptioner {
  const { config, weights, tokenizer } = model
  const { engine, batchSize } = options
  const size = config.imageSize
  const area = 3 * size * size
  const encode = jit(imageKeyStep(config), { engine, invariant: ['weights'] })
  const step = jit((inputs: DecodeInputs) => decodeStep(inputs, config), { engine, invariant: ['weights'] })
  const cache = createKeyValueCache(config, batchSize)

  const captionBatch = async (pixels: Uint8Array, start: number, first: number): Promise<readonly string[]> => {
    const count = Math.min(batchSize, pixels.length / area - start)
    const { image } = await encode({ images: imageBatch(pixels, { size, start, batchSize }), weights })
    const choose = Array.from({ length: count }, (_, row) => tokenChooser(options.decoding, first + start + row))
    const rows = choose.map((): number[] => [])
    const tokens = new Int32Array(batchSize).fill(padId).fill(startId, 0, count)
    for (let position = 0; position < config.text.contextLength - 1; position++) {
      const { logits, present } = await step({
        tokens: ints(tokens),
        position: ints(Int32Array.of(position)),
        mask: cache.mask(position),
        past: cache.arrays,
        image,
        weights,
      })
      const values = floatsOf(await toHost(logits))
      const vocabulary = values.length / batchSize
      for (const [row, next] of choose.entries()) {
        if (position > 0 && tokens[row] === padId) continue
        const id = next(values.subarray(row * vocabulary, (row + 1) * vocabulary))
        if (id !== endId) rows[row]?.push(id)
        tokens[row] = id === endId ? padId : id
      }
      if (tokens.every(id => id === padId)) break
      await cache.add(position, present)
    }
    return rows.map(ids => tokenizer.decode(ids))
  }

  return {
    async caption(pixels, first = 0) {
      const total = pixels.length / area
      const captions: string[] = []
      for (let start = 0; start < total; start += batchSize) {
        captions.push(...(await captionBatch(pixels, start, first)))
        options.onDone?.(captions.length, total)
      }
      return captions
    },
    async dispose() {
      await encode.dispose()
      await step.dispose()
    },
  }
}

/** Returns the function that chooses the next token of one image; it never chooses padding or the start token. */
function tokenChooser(decoding: TokenDecoding, image: number): (logits: Float32Array) => number {
  switch (decoding.kind) {
    case 'greedy':
      return logits => likeliest(logits, endId)
    case 'nucleus': {
      const random = createRandom(decoding.seed, `caption ${image}`)
      return logits => drawNucleus(logits, decoding, { random, first: endId })
    }
  }
}

/** The key-value cache of earlier tokens, on the host. Each step computes the keys and values of one token to add. */
function createKeyValueCache(config: MammutConfig, batch: number) {
  const { width, heads, contextLength } = config.text
  const length = contextLength - 1
  const depth = width / heads
  const shape = [batch, heads, length, depth]
  const empty = () => floats(new Float32Array(batch * length * width), shape)
  const arrays: Record<string, { readonly keys: HostArray; readonly values: HostArray }> = Object.fromEntries(
    textBlocks(config).map(name => [name, { keys: empty(), values: empty() }]),
  )
  const write = (into: HostArray, from: Float32Array, position: number): void => {
    const data = floatsOf(into)
    for (let row = 0; row < batch * heads; row++)
      data.set(from.subarray(row * depth, (row + 1) * depth), (row * length + position) * depth)
  }
  return {
    arrays,
    mask: (position: number): HostArray =>
      floats(
        Float32Array.from({ length }, (_, at) => (at < position ? 0 : hidden)),
        [1, 1, 1, length],
      ),
    async add(
      position: number,
      present: Readonly<Record<string, { readonly keys: NdArray; readonly values: NdArray }>>,
    ): Promise<void> {
      for (const [name, { keys, values }] of Object.entries(present)) {
        const own = arrays[name]
        if (own === undefined) throw new Error(`The decoder has no block '${name}'`)
        write(own.keys, floatsOf(await toHost(keys)), position)
        write(own.values, floatsOf(await toHost(values)), position)
      }
    },
  }
}
