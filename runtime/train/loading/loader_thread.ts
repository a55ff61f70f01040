/** A thread of the loader: decodes and augments. The content of a row depends on its position in the sequence alone. */
import { performance } from 'node:perf_hooks'
import { parentPort, workerData } from 'node:worker_threads'
import { createCenterCrop } from '../../data/center_crop.ts'
import { openExtents } from '../../data/extents.ts'
import { captionsAt, rowAt } from '../../data/packed_index.ts'
import { createRandom } from '../../data/random.ts'
import { readTokenizer } from '../../data/read_tokenizer.ts'
import { standardizePixels } from '../../model/standardize.ts'
import { createAugmenter } from '../augment.ts'
import { describeFault } from '../thread_fault.ts'
import { bufferOf, finishTask, type RingTask, takeTask, taskOf } from './batch_ring.ts'
import type { LoaderMessage, LoaderThreadOptions } from './loader_messages.ts'
import { storedPixels, storePixels } from './pixel_store.ts'

const start: LoaderThreadOptions = workerData
const { ring, contextLength, imageSize, storedSize, seed, name, work, thread } = start
const tokenizer = await readTokenizer(start.tokenizerFile)
const cropSquare = createCenterCrop(storedSize)
const augment = createAugmenter(start.augmentation, { source: storedSize, size: imageSize })
const parts = start.parts.map(part => ({ ...part, extents: openExtents(part.index.folder) }))
const area = 3 * imageSize * imageSize

/** The square of a sample, from the store or decoded. */
async function pixelsOf({ index, pixels, extents }: (typeof parts)[number], row: number): Promise<Uint8Array> {
  const stored = pixels && storedPixels(pixels, row)
  if (stored) return stored
  const { key, shard, image } = rowAt(index, row)
  const square = await cropSquare(extents.read(shard, image, key), `'${key}' in shards/${shard} of ${index.folder}`)
  if (pixels) storePixels(pixels, row, square)
  return square
}

/** Makes one row of a batch. Its random numbers, for the caption and the view, depend on its position. */
async function makeRow(batch: number, i: number): Promise<void> {
  const { images, tokens, draws } = bufferOf(ring, batch)
  const part = parts[draws[2 * i] ?? 0]
  const row = draws[2 * i + 1] ?? 0
  if (part === undefined) throw new Error(`There is no dataset ${draws[2 * i]}`)
  const position = (start.firstBatch + batch) * ring.batchSize + i
  const random = createRandom(seed, `sample ${name} ${position}`)
  const caption = random.pick(captionsAt(part.index, row))
  tokens.set(tokenizer.encodeBatch([caption], { contextLength }), i * contextLength)
  const view = augment(await pixelsOf(part, row), random)
  standardizePixels(view, images, { size: imageSize, offset: i * area })
}

async function runTask(task: RingTask): Promise<void> {
  const began = performance.now()
  let row = task.from
  try {
    for (; row < task.to; row++) await makeRow(task.batch, row)
  } catch (error) {
    parentPort?.postMessage({ failed: task.batch, row, fault: describeFault(error) } satisfies LoaderMessage)
  }
  work[2 * thread] = (work[2 * thread] ?? 0) + performance.now() - began
  work[2 * thread + 1] = (work[2 * thread + 1] ?? 0) + row - task.from
  if (finishTask(ring, task, { failed: row < task.to }))
    parentPort?.postMessage({ made: task.batch } satisfies LoaderMessage)
}

let isBusy = false
async function runTasks(): Promise<void> {
  if (isBusy) return
  isBusy = true
  for (let task = takeTask(ring); task !== undefined; task = takeTask(ring)) await runTask(taskOf(ring, task))
  isBusy = false
}

parentPort?.on('message', () => void runTasks())
