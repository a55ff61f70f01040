import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { crc32c, openEventFile } from '../../runtime/train/event_file.ts'
import { inTempFolder } from '../support.ts'
import { readEvents, slowCrc32c } from './event_reader.ts'

test('checksums are those of CRC-32C', () => {
  // The check value of the catalogue, and the test vectors of RFC 3720, B.4.
  assert.is(crc32c(Buffer.from('123456789')), 0xe3069283)
  assert.is(crc32c(new Uint8Array(32)), 0x8a9136aa)
  assert.is(crc32c(new Uint8Array(32).fill(0xff)), 0x62a8ab43)
  const bytes = Uint8Array.from({ length: 300 }, (_, i) => (i * 37) % 256)
  assert.is(crc32c(bytes), slowCrc32c(bytes))
})

test('what is added can be read while the file grows, and the same steps give the same bytes', () =>
  inTempFolder(async folder => {
    const write = (name: string) => {
      const file = openEventFile(join(folder, name), { flushEvery: 0 })
      file.add({ step: 1, values: { loss: 1.5, 'validation/mean_recall': 3.25 } })
      const early = readEvents(readFileSync(join(folder, name)))
      file.add({ step: 70_000, values: { loss: -0.125 } })
      file.flush()
      return { early, bytes: readFileSync(join(folder, name)) }
    }
    const { early, bytes } = write('a')
    const first = { version: 'brain.Event:2', step: 0, values: {} }
    const second = { step: 1, values: { loss: 1.5, 'validation/mean_recall': 3.25 } }
    assert.equal(early, [first, second])
    assert.equal(readEvents(bytes), [first, second, { step: 70_000, values: { loss: -0.125 } }])
    assert.equal(write('b').bytes, bytes)
  }))

test('a file that is opened again begins anew', () =>
  inTempFolder(async folder => {
    for (const step of [1, 2]) {
      const file = openEventFile(join(folder, 'events'))
      file.add({ step, values: { loss: step } })
      file.flush()
    }
    assert.equal(
      readEvents(readFileSync(join(folder, 'events'))).map(({ step }) => step),
      [0, 2],
    )
  }))

/** Runs a body at times that it sets. */
function withClock(body: (set: (milliseconds: number) => void) => void): void {
  const { now } = Date
  let time = 1e6
  Date.now = () => time
  try {
    body(milliseconds => {
      time = 1e6 + milliseconds
    })
  } finally {
    Date.now = now
  }
}

test('records are written a second after the last ones, when another is added', () =>
  inTempFolder(async folder =>
    withClock(set => {
      const path = join(folder, 'events')
      const steps = () => readEvents(readFileSync(path)).map(({ step }) => step)
      const file = openEventFile(path)
      assert.equal(steps(), [0])
      file.add({ step: 1, values: { loss: 1 } })
      set(999)
      file.add({ step: 2, values: { loss: 1 } })
      assert.equal(steps(), [0])
      set(1000)
      file.add({ step: 3, values: { loss: 1 } })
      assert.equal(steps(), [0, 1, 2, 3])
      set(1999)
      file.add({ step: 4, values: { loss: 1 } })
      assert.equal(steps(), [0, 1, 2, 3])
      set(2000)
      file.add({ step: 5, values: { loss: 1 } })
      assert.equal(steps(), [0, 1, 2, 3, 4, 5])
      file.flush()
      assert.equal(steps(), [0, 1, 2, 3, 4, 5])
    }),
  ))

test.run()
