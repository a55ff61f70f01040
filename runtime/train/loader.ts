/** The data loader: a seeded mix of datasets of any size, decoded and augmented by threads some batches ahead. */
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
import { bufferCount, storedSizeFor, threadCount } from './loading/sizes.ts'
import { type LoaderSpeed, speedLine } from './loading/speed.ts'

export type { LoaderPosition } from './loading/loader_position.ts'

/** A dataset of a mix. */
export interface MixPart {
  readonly folder: string
  readonly split?: string | undefined
  /** Share of the samples that are drawn from it, up to a common factor. */
  readonly weight: number
}

/** Options of a loader. */
export interface LoaderOptions extends Omit<RowSpec, 'storedSize'> {
  readonly parts: readonly MixPart[]
  readonly batchSize: number
  /** Size of the shuffle window in samples; see {@link createShuffledOrder}. */
  readonly shuffle: number
  /** Bytes of decoded images in memory, at most; datasets that do not fit are decoded each time. Batches do not depend on it. */
  readonly cacheBytes: number
  /** Threads that decode and augment. Batches do not depend on it. @default half of the cores, at most 8 */
  readonly threads?: number
}

/** A batch of samples. */
export interface Batch {
  /** [b, 3, s, s]. */
  readonly images: HostArray
  /** int32 [b, context]. */
  readonly tokens: HostArray
  /** The sample of each row: the dataset, and the row in it. */
  readonly rows: readonly { readonly part: number; readonly row: number; readonly key: string }[]
}

/** A loader with running threads. */
export interface Loader {
  /** Samples of all parts together. */
  readonly samples: number
  /** Returns the next batch. Throws a fault that names the sample and the shard of an image that cannot be decoded. */
  next(): Promise<Batch>
  /** The current position. A loader of the same options that is restored to it gives the same batches from there on. */
  position(): LoaderPosition
  /** Moves to a position; throws if it belongs to other datasets. */
  restore(position: LoaderPosition): void
  /** Throughput so far. */
  speed(): LoaderSpeed
  /** Ends its threads; while they run, the process does not exit. */
  close(): Promise<void>
}

/**
 * Opens the datasets and starts the threads. Each pass over a dataset has a new shuffled order, and datasets are drawn by
 * weight. For each sample one of its captions and one augmented view are drawn. Batch `k` depends on the options and `k`
 * alone: not on the number of threads, their speed, or the memory for images.
 */
export async function createLoader(options: LoaderOptions): Promise<Loader> {
  const { batchSize, imageSize, contextLength, seed, name, augmentation } = options
  const threads = options.threads ?? threadCount(availableParallelism())
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

  /** Starts the threads at the position of the sampler. */
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

  const endings: Promise<void>[] = []
  let run = startRun()
  let [waited, delivered, madeBefore, workedBefore] = [0, 0, 0, 0]
  let began: number | undefined

  return {
    samples: sizes.reduce((sum, samples) => sum + samples, 0),
    async next() {
      const requested = performance.now()
      began ??= requested
      const batch = run.delivered
      const buffer = await run.pool.take(batch)
      // Copied, because onnxruntime takes no arrays in shared memory and the buffer is reused for a later batch.
      const [images, tokens] = [buffer.images.slice(), buffer.tokens.slice()]
      const rows = Array.from({ length: batchSize }, (_, i) => {
        const [part, row] = [buffer.draws[2 * i] ?? 0, buffer.draws[2 * i + 1] ?? 0]
        const index = indexes[part]
        return { part, row, key: index === undefined ? '' : rowAt(index, row).key }
      })
      scheduleBatch(run, batch + buffers)
      run.delivered += 1
      run.positions.shift()
      waited += performance.now() - requested
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
      endings.push(run.pool.end())
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
      await Promise.all([...endings, run.pool.end()])
    },
  }
}

/** Calls `use` with a new loader, closes it afterwards, and logs its throughput. */
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

/** A sequence of batches from one position on. */
interface LoaderRun {
  readonly ring: BatchRing
  readonly pool: LoaderPool
  /** Number of batches that `next` has returned. */
  delivered: number
  /** Positions of the sampler before the next batch to return, before the one after it, and so on. */
  readonly positions: MixPosition[]
}
