import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { ints } from '../../../runtime/engine/mod.ts'
import {
  batchStatus,
  bufferOf,
  createBatchRing,
  finishTask,
  releaseBatch,
  takeTask,
  taskOf,
} from '../../../runtime/train/loading/batch_ring.ts'
import { positionArrays, readPosition } from '../../../runtime/train/loading/loader_position.ts'
import { createMixSampler } from '../../../runtime/train/loading/mix_sampler.ts'
import { createPixelStore, planStores, storedPixels, storePixels } from '../../../runtime/train/loading/pixel_store.ts'
import { createShuffledOrder, type ShuffleOptions } from '../../../runtime/train/loading/shuffled_order.ts'
import { bufferCount, storedSizeFor, threadCount } from '../../../runtime/train/loading/sizes.ts'
import { speedLine } from '../../../runtime/train/loading/speed.ts'

/** A ring of two buffers for batches of twenty rows: tasks of eight, eight and four rows. */
const ring = () => createBatchRing({ batchSize: 20, area: 3, contextLength: 5, buffers: 2 })

test('a batch is divided into tasks of eight rows, the last of what is left', () => {
  const { tasks, taskRows } = ring()
  assert.equal([tasks, taskRows], [3, 8])
  assert.equal(
    [0, 1, 2, 3, 5, 6].map(task => taskOf(ring(), task)),
    [
      { batch: 0, from: 0, to: 8 },
      { batch: 0, from: 8, to: 16 },
      { batch: 0, from: 16, to: 20 },
      { batch: 1, from: 0, to: 8 },
      { batch: 1, from: 16, to: 20 },
      { batch: 2, from: 0, to: 8 },
    ],
  )
  assert.is(createBatchRing({ batchSize: 16, area: 1, contextLength: 1, buffers: 1 }).tasks, 2)
  assert.is(createBatchRing({ batchSize: 1, area: 1, contextLength: 1, buffers: 1 }).tasks, 1)
})

test('a buffer has room for images, tokens and drawn rows, in memory that threads share', () => {
  const { images, tokens, draws } = bufferOf(ring(), 0)
  assert.equal([images.length, tokens.length, draws.length], [60, 100, 40])
  assert.equal(
    [images.byteLength, tokens.byteLength, draws.byteLength].map(bytes => bytes % 4),
    [0, 0, 0],
  )
  assert.is(ring().control.length, 2 + 2 * 2)
  for (const array of [images, tokens, draws]) assert.instance(array.buffer, SharedArrayBuffer)
})

test('batches use the buffers in turn', () => {
  const own = ring()
  const buffers = [0, 1, 2, 3].map(batch => bufferOf(own, batch))
  assert.is(buffers[0], buffers[2])
  assert.is(buffers[1], buffers[3])
  assert.is.not(buffers[0], buffers[1])
})

test('tasks are taken in order, and only those of released batches', () => {
  const own = ring()
  assert.is(takeTask(own), undefined)
  releaseBatch(own, 0)
  assert.equal([takeTask(own), takeTask(own), takeTask(own), takeTask(own)], [0, 1, 2, undefined])
  releaseBatch(own, 1)
  assert.equal([takeTask(own), takeTask(own)], [3, 4])
})

test('a batch is made by its last task, whichever that is, and counts those that failed', () => {
  const own = ring()
  releaseBatch(own, 0)
  releaseBatch(own, 1)
  assert.equal(batchStatus(own, 0), { isMade: false, failed: 0 })
  assert.not(finishTask(own, taskOf(own, 2), { failed: false }))
  assert.not(finishTask(own, taskOf(own, 0), { failed: true }))
  assert.equal(batchStatus(own, 0), { isMade: false, failed: 1 })
  assert.ok(finishTask(own, taskOf(own, 1), { failed: false }))
  assert.equal(batchStatus(own, 0), { isMade: true, failed: 1 })
  assert.equal(batchStatus(own, 1), { isMade: false, failed: 0 })
  // The third batch uses the buffer of the first and starts its counts again.
  releaseBatch(own, 2)
  assert.equal(batchStatus(own, 2), { isMade: false, failed: 0 })
  for (const task of [3, 4]) assert.not(finishTask(own, taskOf(own, task), { failed: true }))
  assert.ok(finishTask(own, taskOf(own, 5), { failed: true }))
  assert.equal([batchStatus(own, 1).failed, batchStatus(own, 2).failed], [3, 0])
})

test('images are stored so that the smallest crop has the size of the model, up to twice it', () => {
  assert.equal(
    [1, 0.9, 0.89, 0.5, 0.44, 0.25, 0.1].map(crop => storedSizeFor(100, crop)),
    [100, 100, 106, 141, 151, 200, 200],
  )
})

test('batches are made ahead as memory has room, two at least, and two more than there are threads at most', () => {
  assert.equal(
    [bufferCount(1, 4), bufferCount(2 ** 27, 4), bufferCount(2 ** 27 + 1, 4), bufferCount(2 ** 31, 4)],
    [6, 4, 3, 2],
  )
  assert.is(bufferCount(1, 1), 3)
})

test('half of the cores decode, one at least and eight at most', () => {
  assert.equal([1, 2, 3, 4, 15, 16, 17, 64].map(threadCount), [1, 1, 1, 2, 7, 8, 8, 8])
})

test('squares are stored by row, and a row is absent until it is stored', () => {
  const store = createPixelStore({ samples: 3, size: 2 })
  assert.equal([store.area, store.filled.length, store.blocks.map(block => block.byteLength)], [12, 3, [36]])
  const square = Uint8Array.from({ length: 12 }, (_, i) => i + 1)
  assert.is(storedPixels(store, 1), undefined)
  storePixels(store, 1, square)
  assert.equal([...(storedPixels(store, 1) ?? [])], [...square])
  assert.is(storedPixels(store, 0), undefined)
  assert.is(storedPixels(store, 2), undefined)
  storePixels(
    store,
    2,
    square.map(value => value + 100),
  )
  assert.equal([...(storedPixels(store, 1) ?? [])], [...square])
  assert.equal(
    [...new Uint8Array(store.blocks[0] ?? new ArrayBuffer(0)).subarray(0, 13)],
    [...new Array(12).fill(0), 1],
  )
  assert.throws(() => storePixels({ ...store, blocks: [] }, 0, square), /The store of pixels has no row 0/)
})

test('blocks hold whole rows, at most 1 GiB without another word', () => {
  const store = createPixelStore({ samples: 5, size: 2, blockBytes: 35 })
  assert.equal([store.blockRows, store.blocks.map(block => block.byteLength)], [2, [24, 24, 12]])
  for (const row of [3, 4]) storePixels(store, row, new Uint8Array(12).fill(row))
  const bytes = store.blocks.map(block => [...new Uint8Array(block)])
  assert.equal(bytes, [
    new Array(24).fill(0),
    [...new Array(12).fill(0), ...new Array(12).fill(3)],
    new Array(12).fill(4),
  ])
  assert.equal([...(storedPixels(store, 3) ?? [])], new Array(12).fill(3))
  assert.is(createPixelStore({ samples: 1, size: 1 }).blockRows, Math.floor(2 ** 30 / 3))
  assert.is(createPixelStore({ samples: 3, size: 2, blockBytes: 36 }).blockRows, 3)
})

test('a square above the size of a block has a block of its own', () => {
  const { blockRows, blocks } = createPixelStore({ samples: 2, size: 2, blockBytes: 11 })
  assert.equal([blockRows, blocks.length], [1, 2])
})

test('memory goes to the datasets whose samples are drawn most often, as far as it reaches', () => {
  const planned = (budget: number, ...parts: readonly { samples: number; weight: number }[]) =>
    planStores(parts, { size: 2, budget }).map(store => store?.filled.length)
  const parts = [
    { samples: 10, weight: 1 },
    { samples: 4, weight: 2 },
    { samples: 2, weight: 0.5 },
  ] as const
  // A sample costs 13 bytes: its square and a flag.
  assert.equal(planned(13 * 16, ...parts), [10, 4, 2])
  assert.equal(planned(13 * 16 - 1, ...parts), [undefined, 4, 2])
  assert.equal(planned(13 * 4, ...parts), [undefined, 4, undefined])
  assert.equal(planned(13 * 4 - 1, ...parts), [undefined, undefined, 2])
  assert.equal(planned(13 * 12, ...parts), [undefined, 4, 2])
  // By draws for each sample, not by weight: the third comes before the first, and the fourth is never drawn.
  const rates = [
    { samples: 10, weight: 3 },
    { samples: 10, weight: 4 },
    { samples: 2, weight: 1 },
    { samples: 2, weight: 0 },
  ]
  assert.equal(planned(13 * 14, ...rates), [undefined, 10, 2, 2])
  assert.equal(planned(13 * 2, ...rates), [undefined, undefined, 2, undefined])
  assert.equal(planned(25, { samples: 1, weight: 1 }, { samples: 1, weight: 1 }), [1, undefined], 'of equals the first')
})

const order = (first: number) => ({ rowAt: (draw: number) => first + draw })

test('one dataset is drawn from in its order', () => {
  const sampler = createMixSampler([{ order: order(100), weight: 2 }], { seed: 1, name: 'x' })
  assert.equal(
    [sampler.next(), sampler.next()],
    [
      { part: 0, row: 100 },
      { part: 0, row: 101 },
    ],
  )
  assert.equal(sampler.position(), { position: 2, drawn: [2] })
})

test('datasets are drawn by their share of the weights, each in its order', () => {
  const parts = [1, 0, 2, 1].map((weight, i) => ({ order: order(1000 * i), weight }))
  const sampler = createMixSampler(parts, { seed: 1, name: 'x' })
  const drawn = Array.from({ length: 4000 }, () => sampler.next())
  const of = (part: number) => drawn.filter(sample => sample.part === part).map(({ row }) => row)
  for (const [part, share] of [0.25, 0, 0.5, 0.25].entries()) {
    // The standard deviation of a share is at most 0.8 %.
    assert.ok(Math.abs(of(part).length / 4000 - share) < 0.03, `${part}: ${of(part).length}`)
    assert.equal(
      of(part),
      Array.from({ length: of(part).length }, (_, i) => 1000 * part + i),
    )
  }
  assert.equal(sampler.position(), { position: 4000, drawn: [0, 1, 2, 3].map(part => of(part).length) })
  const other = (seed: number, name: string) => {
    const again = createMixSampler(parts, { seed, name })
    return Array.from({ length: 20 }, () => again.next().part).join('')
  }
  assert.is(
    other(1, 'x'),
    drawn
      .slice(0, 20)
      .map(({ part }) => part)
      .join(''),
  )
  assert.is.not(other(2, 'x'), other(1, 'x'))
  assert.is.not(other(1, 'y'), other(1, 'x'))
})

test('a mix without datasets is refused', () => {
  const sampler = createMixSampler([], { seed: 1, name: 'x' })
  assert.throws(() => sampler.next(), /There is no dataset to train on; name at least one under data/)
})

test('a position is stored in halves of 31 bits, and read back', () => {
  const arrays = positionArrays({ position: 2 ** 31 + 5, drawn: [2 ** 31 - 1, 6] }, [2 ** 31, 9])
  assert.equal([...(arrays.position?.data ?? [])], [1, 5])
  assert.equal([...(arrays.drawn?.data ?? [])], [0, 2 ** 31 - 1, 0, 6])
  assert.equal([...(arrays.samples?.data ?? [])], [1, 0, 0, 9])
  const sizes = [2 ** 31, 9]
  assert.equal(readPosition(arrays, { sizes, batchSize: 1 }), { position: 2 ** 31 + 5, drawn: [2 ** 31 - 1, 6] })
})

test('a position of other datasets, of a wrong count or inside a batch is an error', () => {
  const arrays = positionArrays({ position: 12, drawn: [8, 4] }, [100, 10])
  const read = (changes: object, { sizes = [100, 10], batchSize = 4 } = {}) =>
    readPosition({ ...arrays, ...changes }, { sizes, batchSize })
  assert.equal(read({}), { position: 12, drawn: [8, 4] })
  assert.throws(() => read({}, { sizes: [100, 11] }), /in datasets of 100 and 10 samples, not 100 and 11/)
  assert.throws(() => read({}, { batchSize: 5 }), /position 12 is inside a batch of 5/)
  assert.throws(() => read({ drawn: ints(Int32Array.of(0, 8, 0, 3)) }), /counts 8 and 3 samples as 12/)
  assert.throws(() => read({ drawn: ints(Int32Array.of(0, 12)) }), /counts 12 samples as 12/)
  for (const name of ['samples', 'drawn', 'position'])
    assert.throws(() => read({ [name]: undefined }), new RegExp(`The loader's position has no '${name}'`))
})

test('a set as large as the window is shuffled as a whole, a larger one by shards', () => {
  const shards = Uint32Array.from({ length: 40 }, (_, row) => Math.floor(row / 10))
  const rows = (window: number) => {
    const all = createShuffledOrder({ samples: 40, shards, window, seed: 5, name: 'x' })
    return Array.from({ length: 40 }, (_, i) => all.rowAt(i))
  }
  const shardsOf = (some: readonly number[]) => new Set(some.map(row => shards[row])).size
  assert.is(shardsOf(rows(40).slice(0, 10)), 4)
  // Windows of ten rows are one shard each; windows of eleven are two.
  const narrow = rows(10)
  for (const start of [0, 10, 20, 30]) assert.is(shardsOf(narrow.slice(start, start + 10)), 1)
  const wide = rows(11)
  for (const start of [0, 20]) assert.is(shardsOf(wide.slice(start, start + 20)), 2)
  assert.ok(shardsOf(wide.slice(0, 10)) === 2, 'the rows of both shards are mixed')
  assert.not.equal(
    narrow.slice(0, 10),
    narrow.slice(0, 10).toSorted((a, b) => a - b),
  )
  for (const order of [narrow, wide]) assert.is(new Set(order).size, 40)
})

test('orders depend on seed, name and pass', () => {
  const shards = Uint32Array.from({ length: 40 }, (_, row) => Math.floor(row / 10))
  for (const window of [40, 10]) {
    const first = (changes: object, from = 0) => {
      const all = createShuffledOrder({ samples: 40, shards, window, seed: 5, name: 'x', ...changes })
      return Array.from({ length: 40 }, (_, i) => all.rowAt(from + i)).join()
    }
    const orders = [first({}), first({ seed: 6 }), first({ name: 'y' }), first({}, 40), first({}, 80)]
    assert.is(new Set(orders).size, 5)
    assert.is(first({}), orders[0])
  }
})

test('shards may have any number of rows, also none', () => {
  const shards = Uint32Array.of(5, 0, 5, 2, 2, 2, 0, 5, 5)
  const all = createShuffledOrder({ samples: 9, shards, window: 2, seed: 1, name: 'x' })
  const pass = Array.from({ length: 9 }, (_, i) => all.rowAt(i))
  assert.equal(
    pass.toSorted((a, b) => a - b),
    [0, 1, 2, 3, 4, 5, 6, 7, 8],
  )
  const sequence = pass.map(row => shards[row]).filter((shard, i, list) => shard !== list[i - 1])
  assert.is(sequence.length, 3, 'each shard is read once')
  for (const draw of [8, 0, 4, 3, 7]) assert.is(all.rowAt(draw), pass[draw])
})

test('orders and mixes are the same in every version, so that a run of old goes on', () => {
  const shards = Uint32Array.of(5, 0, 5, 2, 2, 2, 0, 5, 5, 7, 7)
  const rows = (options: Partial<ShuffleOptions>) => {
    const all = createShuffledOrder({ samples: 11, shards, window: 4, seed: 1, name: 'x', ...options })
    return Array.from({ length: 2 * (options.samples ?? 11) }, (_, i) => all.rowAt(i))
  }
  assert.equal(rows({}), [10, 6, 9, 1, 8, 0, 7, 2, 3, 5, 4, 8, 6, 1, 2, 7, 0, 10, 3, 5, 9, 4])
  assert.equal(rows({ samples: 6, shards: new Uint32Array(6), window: 6 }), [4, 2, 0, 5, 1, 3, 4, 0, 3, 2, 1, 5])
  const parts = [1, 0, 2, 1].map((weight, i) => ({ order: order(100 * i), weight }))
  const sampler = createMixSampler(parts, { seed: 1, name: 'x' })
  assert.equal(
    Array.from({ length: 16 }, () => sampler.next().row),
    [300, 200, 301, 201, 202, 0, 302, 203, 204, 205, 206, 207, 208, 209, 303, 304],
  )
})

test('the last dataset takes what no other does', () => {
  const sampler = createMixSampler(
    [0, 0].map((weight, i) => ({ order: order(100 * i), weight })),
    { seed: 1, name: 'x' },
  )
  assert.equal([sampler.next().part, sampler.next().part], [1, 1])
})

test('the speed is told of threads while they work and of the trainer while it does not wait', () => {
  const line = speedLine({ delivered: 3000, seconds: 40, waitedSeconds: 10, made: 5000, workedSeconds: 20, threads: 4 })
  assert.is(line, 'loader 1,000 images/s, trainer 100 images/s, waited 25.0 %')
  assert.is(
    speedLine({ delivered: 1049, seconds: 8, waitedSeconds: 1, made: 7, workedSeconds: 4, threads: 2 }),
    'loader 4 images/s, trainer 150 images/s, waited 12.5 %',
  )
})

test.run()
