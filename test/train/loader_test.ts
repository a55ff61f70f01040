import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { channelDeviation, channelMean } from '../../runtime/model/standardize.ts'
import type { LoaderOptions } from '../../runtime/train/loader.ts'
import { withLoader } from '../../runtime/train/loader.ts'
import { inTempFolder } from '../support.ts'
import { coloured, contextLength, lively, side, take, tokenizer, using } from './loading/support.ts'

const messageOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'no error',
    (error: Error) => error.message,
  )

test('every sample is seen once before any is seen twice, in another order each time', () =>
  inTempFolder(async folder => {
    await coloured(folder, { samples: 12 })
    await using(folder, { parts: [{ folder, split: 'train', weight: 1 }], batchSize: 4 }, async loader => {
      const passes: string[][] = []
      for (let pass = 0; pass < 3; pass++)
        passes.push((await take(loader, 3)).flatMap(batch => batch.rows.map(row => row.key)))
      for (const keys of passes) assert.is(new Set(keys).size, 12)
      assert.is(new Set(passes.map(keys => keys.join())).size, 3)
    })
  }))

test('a mix draws by weight, and rows hold the image and the caption that they name', () =>
  inTempFolder(async folder => {
    await coloured(`${folder}/a`, { samples: 5, captions: ['a lake'] })
    await coloured(`${folder}/b`, { samples: 7, captions: ['a desert'], jpeg: true })
    const parts = [
      { folder: `${folder}/a`, weight: 1.8 },
      { folder: `${folder}/b`, weight: 0.2 },
    ]
    await using(folder, { parts, batchSize: 500, cacheBytes: 5 * 200 }, async loader => {
      assert.is(loader.samples, 12)
      const { rows, images, tokens } = await loader.next()
      const share = rows.filter(row => row.part === 0).length / rows.length
      assert.ok(Math.abs(share - 0.9) < 0.05, `share ${share}`)
      rows.forEach(({ part, row, key }, i) => {
        const red = (images.data[i * 3 * side * side] ?? 0) * channelDeviation[0] + channelMean[0]
        assert.ok(Math.abs(red * 255 - row) < (part === 0 ? 0.01 : 1.5), `${key} has red ${red * 255}`)
        assert.is(key, `s${row}`)
        const text = tokenizer.decode(tokens.data.subarray(i * contextLength, (i + 1) * contextLength) as Int32Array)
        assert.is(text, part === 0 ? 'a lake' : 'a desert')
      })
    })
  }))

test('batches depend on neither threads, nor what is held in memory, nor pace', () =>
  inTempFolder(async folder => {
    await coloured(folder, { samples: 21, jpeg: true })
    const batches = (options: Partial<LoaderOptions>, pause = 0) =>
      using(
        folder,
        { parts: [{ folder, weight: 1 }], batchSize: 17, augmentation: lively, ...options },
        async loader => {
          if (pause > 0) await new Promise(resolve => setTimeout(resolve, pause))
          return take(loader, 6)
        },
      )
    const expected = await batches({ threads: 1 })
    assert.equal(await batches({ threads: 3 }), expected)
    assert.equal(await batches({ threads: 2, cacheBytes: 0 }, 300), expected)
    assert.is(new Set(expected.map(({ images }) => images.data.join())).size, 6)
    assert.is(new Set(expected.map(({ tokens }) => tokens.data.join())).size, 6)
    assert.not.equal(await batches({ name: 'other' }), expected)
    assert.not.equal(await batches({ seed: 4 }), expected)
  }))

test('a loader that is restored to a position draws the same batches from there on', () =>
  inTempFolder(async folder => {
    await coloured(folder, { samples: 9 })
    const parts = [
      { folder, weight: 0.7 },
      { folder, weight: 0.3 },
    ]
    const options = { parts, batchSize: 4, augmentation: lively }
    const { position, expected, later } = await using(folder, options, async loader => {
      await take(loader, 3)
      const position = loader.position()
      const expected = await take(loader, 5)
      const later = loader.position()
      // Back to where it was, while batches are being made ahead.
      loader.restore(position)
      assert.equal(await take(loader, 5), expected)
      assert.equal(loader.position(), later)
      return { position, expected, later }
    })
    await using(folder, options, async loader => {
      loader.restore(position)
      assert.equal(loader.position(), position)
      assert.equal(await take(loader, 5), expected)
      assert.equal(loader.position(), later)
    })
    await using(folder, { ...options, parts: parts.slice(1) }, async loader => {
      assert.throws(() => loader.restore(position), /datasets of 9 and 9 samples, not 9/)
    })
    await using(folder, { ...options, batchSize: 5 }, async loader => {
      assert.throws(() => loader.restore(position), /position 12 is inside a batch of 5/)
    })
  }))

test('a sample without captions is named', () =>
  inTempFolder(async folder => {
    await coloured(folder, { samples: 2, captions: [] })
    const options = { parts: [{ folder, weight: 1 }], batchSize: 2 }
    assert.match(await messageOf(using(folder, options, async () => {})), /Sample 's0'.*no caption/)
  }))

test('an image that is broken ends the batch that holds it, with sample and shard named', () =>
  inTempFolder(async folder => {
    await coloured(folder, { samples: 6, jpeg: true })
    const shard = await open(join(folder, 'shards/000000.tar'), 'r+')
    // The first entry's content, but for the first bytes, which say that it is a JPEG.
    await shard.write(Buffer.alloc(200, 7), 0, 200, 512 + 20)
    await shard.close()
    const options = { parts: [{ folder, weight: 1 }], batchSize: 6 }
    const fault = await messageOf(using(folder, options, loader => take(loader, 1)))
    assert.match(fault, /Cannot read image 's0' in shards\/000000\.tar of .*: .*; replace or remove it/)
  }))

test('a loader tells how fast it was', () =>
  inTempFolder(async folder => {
    await coloured(folder, { samples: 6 })
    await using(folder, { parts: [{ folder, weight: 1 }], batchSize: 6, threads: 2 }, async loader => {
      await take(loader, 4)
      const { delivered, made, seconds, waitedSeconds, workedSeconds, threads } = loader.speed()
      assert.equal([delivered, threads], [24, 2])
      assert.ok(made >= 24 && seconds >= waitedSeconds && waitedSeconds > 0 && workedSeconds > 0)
    })
    const lines: string[] = []
    const tokenizerFile = join(folder, 'tokenizer.json')
    const sizes = { contextLength, imageSize: side, batchSize: 6, shuffle: 10, cacheBytes: 0 }
    const options = {
      parts: [{ folder, weight: 1 }],
      tokenizerFile,
      augmentation: lively,
      seed: 1,
      name: 'x',
      ...sizes,
    }
    const log = (line: string) => void lines.push(line)
    assert.is(await withLoader(options, log, async loader => (await loader.next()).rows.length), 6)
    assert.match(lines.join(), /^loader [\d,]+ images\/s, trainer [\d,∞]+ images\/s, waited [\d.]+ %$/)
  }))

test.run()
