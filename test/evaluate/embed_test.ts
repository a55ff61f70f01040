import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { createRandom } from '../../runtime/data/random.ts'
import { embedImages } from '../../runtime/evaluate/embed.ts'
import { relativeError } from '../support.ts'
import { tinyModel } from './tiny_model.ts'

const model = tinyModel()
const area = 16 * 16 * 3
const random = createRandom(1, 'pixels')
const pixels = Uint8Array.from({ length: 7 * area }, () => random.below(256))
const options = { engine: { name: 'cpu', provider: 'cpu', threads: 1 }, batchSize: 2, total: 7 } as const

async function* blocksOf(sizes: readonly number[]) {
  let start = 0
  for (const size of sizes) {
    yield { pixels: pixels.subarray(start * area, (start + size) * area) }
    start += size
  }
}

const faultOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'none',
    (error: Error) => error.message,
  )

test('images are embedded the same however blocks fall', async () => {
  const done: number[] = []
  const all = await embedImages(model, blocksOf([7]), options)
  const parts = await embedImages(model, blocksOf([3, 1, 3]), { ...options, onDone: count => done.push(count) })
  assert.is(all.length, 7 * 8)
  assert.ok(relativeError(parts, all) < 1e-6)
  assert.equal(done, [2, 3, 4, 6, 7])
  const length = Math.hypot(...all.subarray(48, 56))
  assert.ok(Math.abs(length - 1) < 1e-5, String(length))
})

test('a wrong number of images, and a block that cannot be read, are told', async () => {
  assert.match(await faultOf(embedImages(model, blocksOf([3]), options)), /There are 3 images, and 7 were expected/)
  assert.match(await faultOf(embedImages(model, blocksOf([4, 3]), { ...options, total: 5 })), /more than the 5 images/)
  async function* broken() {
    yield* blocksOf([2])
    throw new Error('the disk is gone')
  }
  assert.is(await faultOf(embedImages(model, broken(), options)), 'the disk is gone')
})

test.run()
