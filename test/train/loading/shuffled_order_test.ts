import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { positionArrays, readPosition } from '../../../runtime/train/loading/loader_position.ts'
import { createMixSampler } from '../../../runtime/train/loading/mix_sampler.ts'
import { createShuffledOrder, type ShuffleOptions } from '../../../runtime/train/loading/shuffled_order.ts'

const base = { seed: 1, name: 'x' }
const rows = (options: ShuffleOptions, from: number, count: number) => {
  const order = createShuffledOrder(options)
  return Array.from({ length: count }, (_, i) => order.rowAt(from + i))
}
const all = (count: number) => Array.from({ length: count }, (_, i) => i)

/** 10 shards of 7 samples, stored in no order. */
const shards = Uint32Array.from({ length: 70 }, (_, row) => (row * 3) % 10)
const large: ShuffleOptions = { ...base, samples: 70, shards, window: 15 }

test('a set that fits the window is shuffled as a whole: each row comes at each place about as often', () => {
  const counts = new Map<string, number>()
  const order = createShuffledOrder({ ...base, samples: 5, shards: new Uint32Array(5), window: 5 })
  for (let pass = 0; pass < 5000; pass++)
    for (let place = 0; place < 5; place++) {
      const what = `${place} ${order.rowAt(pass * 5 + place)}`
      counts.set(what, (counts.get(what) ?? 0) + 1)
    }
  // 1000 expected, with a standard deviation of 28.
  assert.is(counts.size, 25)
  for (const [what, count] of counts) assert.ok(Math.abs(count - 1000) < 150, `${what}: ${count}`)
})

test('each pass over a larger set sees each row once, in an order of its own', () => {
  const passes = [0, 1, 2].map(pass => rows(large, pass * 70, 70))
  for (const pass of passes)
    assert.equal(
      [...pass].sort((a, b) => a - b),
      all(70),
    )
  assert.is(new Set(passes.map(pass => pass.join())).size, 3)
})

test('few shards are read at a time: as many as the window needs', () => {
  const pass = rows(large, 0, 70)
  // Three shards of 7 are the first that hold 15.
  const windows = [0, 21, 42, 63].map(start => new Set(pass.slice(start, start + 21).map(row => shards[row])))
  assert.equal(
    windows.map(window => window.size),
    [3, 3, 3, 1],
  )
  const first = pass.slice(0, 21).map(row => shards[row])
  assert.ok(new Set(first.slice(0, 7)).size > 1, 'samples of the window are shuffled')
})

test('an order is a function of the draw: asked anywhere, it answers as it does in sequence', () => {
  const straight = rows(large, 0, 210)
  const order = createShuffledOrder(large)
  for (const draw of [200, 3, 140, 69, 70, 0]) assert.is(order.rowAt(draw), straight[draw])
  assert.not.equal(rows({ ...large, seed: 2 }, 0, 70), straight.slice(0, 70))
})

test('draws that are sought go on as they would have', () => {
  const make = () =>
    createMixSampler(
      [
        { order: createShuffledOrder(large), weight: 3 },
        { order: createShuffledOrder({ ...large, name: 'y' }), weight: 1 },
      ],
      base,
    )
  const draws = make()
  for (let i = 0; i < 100; i++) draws.next()
  const position = draws.position()
  const expected = all(50).map(() => draws.next())
  const other = make()
  other.seek(position)
  assert.equal(
    all(50).map(() => other.next()),
    expected,
  )
  assert.is(position.drawn[0], 100 - (position.drawn[1] ?? 0))
})

test('a position survives its arrays, beyond what an int32 counts', () => {
  const position = { position: 12e9, drawn: [7e9, 5e9] }
  const sizes = [18e6, 3]
  const arrays = positionArrays(position, sizes)
  assert.equal(readPosition(arrays, { sizes, batchSize: 1000 }), position)
  const { drawn, ...lacking } = arrays
  assert.is(drawn?.dtype, 'int32')
  assert.throws(() => readPosition(lacking, { sizes, batchSize: 1000 }), /has no 'drawn'/)
  const wrong = positionArrays({ position: 12e9, drawn: [7e9, 5e9 - 1] }, sizes)
  assert.throws(() => readPosition(wrong, { sizes, batchSize: 1000 }), /counts 7000000000 and 4999999999/)
})

test.run()
