/** Batches for training: a seeded mix of datasets, augmented. */
import { loadPixels } from '../data/dataset.ts'
import { createRandom, type Random } from '../data/random.ts'
import type { Tokenizer } from '../data/tokenizer.ts'
import { floats, type HostArray, ints } from '../engine/mod.ts'
import { normalise } from '../model/preprocess.ts'
import { type Augmentation, augment } from './augment.ts'

/** A dataset of a mix, in memory. */
export interface MixPart {
  readonly folder: string
  readonly split?: string | undefined
  /** Share of the samples drawn from it. */
  readonly weight: number
}

export interface LoaderOptions {
  readonly parts: readonly MixPart[]
  readonly tokenizer: Tokenizer
  readonly contextLength: number
  /** Side of the images that the model takes. */
  readonly imageSize: number
  /** Side at which images are held and cropped from; at least `imageSize`. */
  readonly storedSize: number
  readonly batchSize: number
  readonly augmentation: Augmentation
  readonly seed: number
  readonly name: string
}

export interface Batch {
  /** [b, 3, s, s]. */
  readonly images: HostArray
  /** int32 [b, context]. */
  readonly tokens: HostArray
  /** Which sample each row is: the part, and the row in it. */
  readonly rows: readonly { readonly part: number; readonly row: number; readonly key: string }[]
}

export interface Loader {
  /** Samples of all parts together. */
  readonly samples: number
  next(): Batch
  /** Where it stands: a loader of the same options that is restored to it draws the same batches from there on. */
  position(): Position
  /** Goes to a position; throws where it is that of other datasets. */
  restore(position: Position): void
}

/** Where a loader stands, as arrays by name. */
export type Position = Readonly<Record<string, HostArray>>

interface Loaded {
  readonly keys: readonly string[]
  readonly pixels: Uint8Array
  /** Token rows of each sample's captions. */
  readonly captions: readonly Int32Array[]
  readonly weight: number
  /** Rows left of the current pass. */
  order: number[]
}

/** Reads a part; a sample without captions is an error that names it. */
async function load({ folder, split, weight }: MixPart, options: LoaderOptions): Promise<Loaded> {
  const { samples, pixels } = await loadPixels(folder, { split, size: options.storedSize })
  const silent = samples.find(sample => sample.captions.length === 0)
  if (silent)
    throw new Error(
      `Sample '${silent.key}' in '${folder}' has no caption to train on; caption the dataset or filter the sample out`,
    )
  const captions = samples.map(sample => options.tokenizer.encodeBatch(sample.captions, options))
  return { keys: samples.map(sample => sample.key), pixels, captions, weight, order: [] }
}

/** A part by its weight, and the next row of its pass. */
function draw(parts: readonly Loaded[], random: Random): { readonly part: number; readonly row: number } {
  let ticket = random.next() * parts.reduce((sum, { weight }) => sum + weight, 0)
  let part = 0
  for (const { weight } of parts.slice(0, -1)) {
    ticket -= weight
    if (ticket < 0) break
    part++
  }
  const chosen = parts[part]
  if (chosen === undefined) throw new Error('There is no dataset to train on; name at least one under data')
  if (chosen.order.length === 0) chosen.order = random.shuffle(chosen.keys.map((_, row) => row))
  return { part, row: chosen.order.pop() ?? 0 }
}

/**
 * Loads every part into memory. Each dataset is passed through in a fresh shuffled order, and drawn from by its weight;
 * each time a sample is seen, one of its captions and one view are drawn.
 */
export async function createLoader(options: LoaderOptions): Promise<Loader> {
  const parts: Loaded[] = []
  for (const part of options.parts) parts.push(await load(part, options))
  const random = createRandom(options.seed, `loader ${options.name}`)
  const { batchSize, imageSize, storedSize, contextLength, augmentation } = options
  const area = 3 * imageSize * imageSize
  const storedArea = 3 * storedSize * storedSize
  const next = (): Batch => {
    const images = new Float32Array(batchSize * area)
    const tokens = new Int32Array(batchSize * contextLength)
    const rows = Array.from({ length: batchSize }, (_, i) => {
      const { part, row } = draw(parts, random)
      const source = parts[part]
      if (source === undefined) throw new Error(`There is no dataset ${part}`)
      const stored = source.pixels.subarray(row * storedArea, (row + 1) * storedArea)
      normalise(augment(stored, augmentation, { source: storedSize, size: imageSize, random }), images, {
        size: imageSize,
        offset: i * area,
      })
      const captions = source.captions[row] ?? new Int32Array(contextLength)
      const chosen = random.below(captions.length / contextLength)
      tokens.set(captions.subarray(chosen * contextLength, (chosen + 1) * contextLength), i * contextLength)
      return { part, row, key: source.keys[row] ?? '' }
    })
    return {
      images: floats(images, [batchSize, 3, imageSize, imageSize]),
      tokens: ints(tokens, [batchSize, contextLength]),
      rows,
    }
  }
  const position = (): Position => ({
    random: ints(Int32Array.of(random.position())),
    ...Object.fromEntries(parts.map(({ order }, i) => [`order.${i}`, ints(Int32Array.from(order))])),
  })
  const restore = (to: Position): void => {
    const orders = parts.map(({ keys }, i) => {
      const order = Array.from(to[`order.${i}`]?.data ?? [-1])
      if (order.length <= keys.length && order.every(row => row >= 0 && row < keys.length)) return order
      throw new Error(`The order of dataset ${i} is not one of its ${keys.length} samples`)
    })
    const [drawn] = to.random?.data ?? []
    if (drawn === undefined) throw new Error('The position of the random numbers is missing')
    for (const [i, part] of parts.entries()) part.order = orders[i] ?? []
    random.seek(drawn)
  }
  return { samples: parts.reduce((sum, part) => sum + part.keys.length, 0), next, position, restore }
}
