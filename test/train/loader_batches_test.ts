import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { channelDeviation, channelMean } from '../../runtime/model/standardize.ts'
import type { Batch } from '../../runtime/train/loader.ts'
import { inTempFolder } from '../support.ts'
import { coloured, contextLength, side, take, tokenizer, using } from './loading/support.ts'

/** Red bytes of each image of a batch, which are the number of the sample. */
const redOf = ({ images }: Batch): readonly number[] =>
  Array.from({ length: images.shape[0] ?? 0 }, (_, row) => {
    const value = images.data[row * 3 * side * side] ?? Number.NaN
    return Math.round((Number(value) * channelDeviation[0] + channelMean[0]) * 255)
  })

test('batches, positions and counts of one loader', () =>
  inTempFolder(async folder => {
    const folders = [join(folder, 'a'), join(folder, 'b')]
    await coloured(folders[0] ?? '', { samples: 5, captions: ['a lake'] })
    await coloured(folders[1] ?? '', { samples: 3, captions: ['a desert'] })
    const parts = folders.map((of, i) => ({ folder: of, weight: [3, 1][i] ?? 0 }))
    await using(folder, { parts, batchSize: 4, threads: 1 }, async loader => {
      assert.is(loader.samples, 8)
      assert.equal(loader.speed(), {
        ...{ delivered: 0, seconds: 0, waitedSeconds: 0, threads: 1 },
        ...{ made: loader.speed().made, workedSeconds: loader.speed().workedSeconds },
      })
      const start = loader.position()
      const first = await take(loader, 5)
      for (const batch of first) {
        assert.equal([batch.images.shape, batch.images.dtype], [[4, 3, side, side], 'float32'])
        assert.equal([batch.tokens.shape, batch.tokens.dtype], [[4, contextLength], 'int32'])
        // Row `i` of a dataset is its sample `s{i}`, whose red is `i`; each dataset has its own caption.
        assert.equal(
          batch.rows.map(({ key }) => key),
          redOf(batch).map(red => `s${red}`),
        )
        assert.equal(
          batch.rows.map(({ row }) => row),
          redOf(batch),
        )
        const captions = batch.rows.map(({ part }) => (part === 0 ? 'a lake' : 'a desert'))
        assert.equal([...batch.tokens.data], [...tokenizer.encodeBatch(captions, { contextLength })])
      }
      const counts = [0, 1].map(part => first.flatMap(({ rows }) => rows).filter(row => row.part === part).length)
      // The first pass over each dataset has every sample once.
      for (const [part, samples] of [5, 3].entries()) {
        const drawn = first.flatMap(({ rows }) => rows).filter(row => row.part === part)
        assert.is(new Set(drawn.slice(0, samples).map(({ key }) => key)).size, samples)
      }
      const middle = loader.position()
      assert.equal([...(middle.position?.data ?? [])], [0, 20])
      assert.equal([...(middle.drawn?.data ?? [])], [0, counts[0], 0, counts[1]])
      assert.equal([...(middle.samples?.data ?? [])], [0, 5, 0, 3])
      const second = await take(loader, 2)
      loader.restore(middle)
      assert.equal(loader.position(), middle)
      assert.equal(await take(loader, 2), second)
      loader.restore(start)
      assert.equal(await take(loader, 5), first)
      assert.equal(loader.position(), middle)
      const { delivered, made, seconds, waitedSeconds, workedSeconds } = loader.speed()
      assert.is(delivered, 4 * (5 + 2 + 2 + 5))
      assert.ok(made >= delivered, `${made} rows are made`)
      assert.ok(seconds >= waitedSeconds && waitedSeconds > 0 && workedSeconds > 0)
    })
  }))

test.run()
