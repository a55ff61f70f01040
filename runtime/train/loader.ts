/** Batches for training: a seeded mix of datasets of any size, decoded and augmented by threads, some batches ahead. */
import { availableParallelism } from 'node:os'
import { performance } from 'node:perf_hooks'
import { readPackedIndex } from '../data/pack_index.ts'
import { type PackedIndex, rowAt, shardNumbers } from '../data/packed_index.ts'
import { floats, type HostArray, ints } from '../engine/mod.ts'
import { type BatchRing, bufferOf, createBatchRing } from './loading/batch_ring.ts'
import type { RowSpec } from './loading/loader_messages.ts'
import { type LoaderPool, startLoaderPool } from './loading/loader_pool.ts'
import { type LoaderPosition, positionArrays, readPosition } from './loading/loader_position.ts'
import { createMixSampler, type MixPosition } from './loading/mix_sampler.ts'
import { planStores } from './loading/pixel_store.ts'
import { createShuffledOrder } from './loading/shuffled_order.ts'
import { type LoaderSpeed, speedLine } from './loading/speed.ts'

export type { LoaderPosition } from './loading/loader_position.ts'

/** A dataset of a mix. */
export interface MixPart {
  readonly folder: string
  readonly split?: string | undefined
  /** Share of the samples drawn from it. */
  readonly weight: number
}

export interface LoaderOptions extends Omit<RowSpec, 'storedSize'> {
  readonly parts: readonly MixPart[]
  readonly batchSize: number
  /** Samples among which a dataset is shuffled; see {@link createShuffledOrder}. */
  readonly shuffle: number
  /** Bytes of decoded images that may be held; datasets that do not fit are decoded each time. It changes no batch. */
  readonly cacheBytes: number
  /** Threads that decode and augment. They change no batch. @default half of the cores, at most 8 */
  readonly threads?: number
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
  /** The next batch. Throws an error that names sample and shard of a bad image. */
  next(): Promise<Batch>
  /** Where it stands: a loader of the same options that is restored to it draws the same batches from there on. */
  position(): LoaderPosition
  /** Goes to a position; throws where it is that of other datasets. */
  restore(position: LoaderPosition): void
  /** How fast it was so far. */
  speed(): LoaderSpeed
  /** Ends its threads, without which the process does not end. */
  close(): Promise<void>
}

/** Memory of batches that are made ahead, at most. */
const aheadBytes = 2 ** 29

/**
 * Side at which images are held: large enough that the smallest crop still has the model's resolution, up to twice that;
 * crops that are nearly whole need no more than the model takes.
 */
const storedSizeFor = (imageSize: number, crop: number): number =>
  crop < 0.9 ? Math.min(2 * imageSize, Math.round(imageSize / Math.sqrt(crop))) : imageSize

/** Batches ahead: at least two, so that one is whole while the next is made. */
function bufferCount(batchBytes: number, threads: number): number {
  return Math.max(2, Math.min(threads + 2, Math.floor(aheadBytes / batchBytes)))
}

/**
 * Opens the datasets and starts the threads. Each dataset is passed through in a fresh shuffled order, and drawn from by
 * its weight; each time a sample is seen, one of its captions and one view are drawn. Batch `k` is a function of the
 * options and `k`: neither the number of threads nor their pace, nor what is held in memory, changes it.
 */
export async function createLoader(options: LoaderOptions): Promise<Loader> {
  const { batchSize, imageSize, contextLength, seed, name, augmentation } = options
  const threads = options.threads ?? Math.max(1, Math.min(8, availableParallelism() >> 1))
  const indexes: PackedIndex[] = []
  for (const { folder, split } of options.parts) indexes.push(await readPackedIndex(folder, split))
  const weights = options.parts.map(({ weight }) => weight)
  const sizes = indexes.map(({ samples }) => samples)
  const stored = storedSizeFor(imageSize, augmentation.crop)
  const stores = planStores(
    sizes.map((samples, i) => ({ samples, weight: weights[i] ?? 0 })),
    { size: stored, budget: options.cacheBytes },
  )
  const orders = indexes.map((index, i) =>
    createShuffledOrder({
      samples: index.samples,
      shards: shardNumbers(index),
      window: options.shuffle,
      seed,
      name: `${name} ${i}`,
    }),
  )
  const sampler = createMixSampler(
    orders.map((order, i) => ({ order, weight: weights[i] ?? 0 })),
    { seed, name },
  )
  const area = 3 * imageSize * imageSize
  const buffers = bufferCount(4 * batchSize * (area + contextLength), threads)

  /** A run of batches without a gap: the crew that makes them, and where the draws stood before each. */
  function startRun(): LoaderRun {
    const at = sampler.position()
    const ring = createBatchRing({ batchSize, area, contextLength, buffers })
    const parts = indexes.map((index, i) => ({ index, pixels: stores[i] }))
    const firstBatch = at.position / batchSize
    const { tokenizerFile } = options
    const rowSpec = { tokenizerFile, contextLength, imageSize, storedSize: stored, augmentation, seed, name }
    const pool = startLoaderPool({ ...rowSpec, parts, ring, firstBatch, threads })
    const run: LoaderRun = { ring, pool, delivered: 0, positions: [at] }
    for (let batch = 0; batch < buffers; batch++) scheduleBatch(run, batch)
    return run
  }

  function scheduleBatch({ ring, pool, positions }: LoaderRun, batch: number): void {
    const { draws: drawn } = bufferOf(ring, batch)
    for (let i = 0; i < batchSize; i++) {
      const { part, row } = sampler.next()
      drawn[2 * i] = part
      drawn[2 * i + 1] = row
    }
    positions.push(sampler.position())
    pool.release(batch)
  }

  const ended: Promise<void>[] = []
  let run = startRun()
  let [waited, delivered, madeBefore, workedBefore] = [0, 0, 0, 0]
  let began: number | undefined

  return {
    samples: sizes.reduce((sum, samples) => sum + samples, 0),
    async next() {
      const asked = performance.now()
      began ??= asked
      const batch = run.delivered
      const buffer = await run.pool.take(batch)
      // Copied: onnxruntime takes no arrays in shared memory, and the place is free for a batch to come.
      const [images, tokens] = [buffer.images.slice(), buffer.tokens.slice()]
      const rows = Array.from({ length: batchSize }, (_, i) => {
        const [part, row] = [buffer.draws[2 * i] ?? 0, buffer.draws[2 * i + 1] ?? 0]
        const index = indexes[part]
        return { part, row, key: index === undefined ? '' : rowAt(index, row).key }
      })
      scheduleBatch(run, batch + buffers)
      run.delivered += 1
      run.positions.shift()
      waited += performance.now() - asked
      delivered += batchSize
      return {
        images: floats(images, [batchSize, 3, imageSize, imageSize]),
        tokens: ints(tokens, [batchSize, contextLength]),
        rows,
      }
    },
    position: () => positionArrays(run.positions[0] ?? sampler.position(), sizes),
    restore(to) {
      const at = readPosition(to, { sizes, batchSize })
      const { seconds, rows } = run.pool.work()
      madeBefore += rows
      workedBefore += seconds
      ended.push(run.pool.end())
      sampler.seek(at)
      run = startRun()
    },
    speed() {
      const { seconds, rows } = run.pool.work()
      return {
        delivered,
        seconds: began === undefined ? 0 : (performance.now() - began) / 1000,
        waitedSeconds: waited / 1000,
        made: madeBefore + rows,
        workedSeconds: workedBefore + seconds,
        threads,
      }
    },
    async close() {
      await Promise.all([...ended, run.pool.end()])
    },
  }
}

/** Opens a loader for as long as it is used, and tells at the end how fast it was. */
export async function withLoader<T>(
  options: LoaderOptions,
  log: (line: string) => void,
  use: (loader: Loader) => Promise<T>,
): Promise<T> {
  const loader = await createLoader(options)
  try {
    const result = await use(loader)
    log(speedLine(loader.speed()))
    return result
  } finally {
    await loader.close()
  }
}

interface LoaderRun {
  readonly ring: BatchRing
  readonly pool: LoaderPool
  /** Batches that were given out. */
  delivered: number
  /** Where the draws stood before the next batch to give out, before the one after, and so on. */
  readonly positions: MixPosition[]
}
