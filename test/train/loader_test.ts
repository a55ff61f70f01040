import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { trainTokenizer } from '../../runtime/data/bpe.ts'
import { createDataset } from '../../runtime/data/dataset.ts'
import { encodePng } from '../../runtime/data/image.ts'
import { createRandom } from '../../runtime/data/random.ts'
import { loadTokenizer } from '../../runtime/data/tokenizer.ts'
import { floatsOf, ints } from '../../runtime/engine/mod.ts'
import { channelDeviation, channelMean } from '../../runtime/model/preprocess.ts'
import { jitterColour, randomCrop, resample } from '../../runtime/train/augment.ts'
import { createLoader } from '../../runtime/train/loader.ts'
import { inTempFolder } from '../support.ts'

const size = 8

/** A dataset of images of one colour: red is the sample's number. */
async function coloured(folder: string, { samples, captions }: { samples: number; captions: readonly string[] }) {
  const dataset = await createDataset(folder)
  for (let i = 0; i < samples; i++) {
    const data = Uint8Array.from({ length: size * size * 3 }, (_, at) => (at % 3 === 0 ? i : 100))
    const image = await encodePng({ data, width: size, height: size, channels: 3 })
    await dataset.add({
      key: `s${i}`,
      split: 'train',
      captions,
      label: '',
      group: `s${i}`,
      masks: [],
      facts: {},
      image,
      maskFiles: {},
    })
  }
  await dataset.close()
}

const tokenizer = loadTokenizer(trainTokenizer(['a lake', 'a desert'], { vocabSize: 260 }))
const plain = { crop: 1, dihedral: false, colour: 0 }
const base = {
  tokenizer,
  contextLength: 12,
  imageSize: size,
  storedSize: size,
  augmentation: plain,
  seed: 3,
  name: 'test',
}

test('every sample is seen once before any is seen twice', () =>
  inTempFolder(async folder => {
    await coloured(folder, { samples: 12, captions: ['a lake'] })
    const loader = await createLoader({ ...base, parts: [{ folder, split: 'train', weight: 1 }], batchSize: 4 })
    const keys = [loader.next(), loader.next(), loader.next()].flatMap(batch => batch.rows.map(row => row.key))
    assert.is(new Set(keys).size, 12)
  }))

test('a mix draws by weight, and rows hold the image that they name', () =>
  inTempFolder(async folder => {
    await coloured(`${folder}/a`, { samples: 5, captions: ['a lake'] })
    await coloured(`${folder}/b`, { samples: 7, captions: ['a desert'] })
    const parts = [
      { folder: `${folder}/a`, weight: 0.9 },
      { folder: `${folder}/b`, weight: 0.1 },
    ]
    const loader = await createLoader({ ...base, parts, batchSize: 500 })
    const { rows, images, tokens } = loader.next()
    const share = rows.filter(row => row.part === 0).length / rows.length
    assert.ok(Math.abs(share - 0.9) < 0.05, `share ${share}`)
    rows.forEach(({ part, key }, i) => {
      const red = (floatsOf(images)[i * 3 * size * size] ?? 0) * channelDeviation[0] + channelMean[0]
      assert.is(Math.round(red * 255), Number(key.slice(1)))
      assert.is(
        tokenizer.decode(tokens.data.subarray(i * 12, (i + 1) * 12) as Int32Array),
        part === 0 ? 'a lake' : 'a desert',
      )
    })
  }))

test('the same seed draws the same batches; another name draws others', () =>
  inTempFolder(async folder => {
    await coloured(folder, { samples: 9, captions: ['a lake', 'a desert'] })
    const first = async (name: string) => {
      const loader = await createLoader({
        ...base,
        augmentation: { crop: 0.5, dihedral: true, colour: 0.3 },
        parts: [{ folder, weight: 1 }],
        batchSize: 6,
        name,
      })
      return loader.next()
    }
    assert.equal(await first('x'), await first('x'))
    assert.not.equal((await first('x')).rows, (await first('y')).rows)
  }))

test('a loader that is restored to a position draws the same batches from there on', () =>
  inTempFolder(async folder => {
    await coloured(folder, { samples: 9, captions: ['a lake', 'a desert'] })
    const open = () =>
      createLoader({
        ...base,
        augmentation: { crop: 0.5, dihedral: true, colour: 0.3 },
        parts: [
          { folder, weight: 0.7 },
          { folder, weight: 0.3 },
        ],
        batchSize: 4,
      })
    const loader = await open()
    loader.next()
    const position = loader.position()
    const expected = [loader.next(), loader.next(), loader.next()]
    const other = await open()
    other.restore(position)
    assert.equal([other.next(), other.next(), other.next()], expected)
    const foreign = { ...position, 'order.1': ints(Int32Array.of(9)) }
    assert.throws(() => other.restore(foreign), /order of dataset 1 is not one of its 9 samples/)
  }))

test('a sample without captions is named', () =>
  inTempFolder(async folder => {
    await coloured(folder, { samples: 2, captions: [] })
    try {
      await createLoader({ ...base, parts: [{ folder, weight: 1 }], batchSize: 2 })
      assert.unreachable('a caption was made up')
    } catch (error) {
      assert.match(String(error), /Sample 's0'.*no caption/)
    }
  }))

test('resampling the whole image at its own size changes nothing, and the eight turns are the symmetries of a square', () => {
  const random = createRandom(1, 'square')
  const pixels = Uint8Array.from({ length: 27 }, () => random.below(256))
  const turned = (turn: number) =>
    [...resample(pixels, { left: 0, top: 0, side: 3 }, { source: 3, size: 3, turn })].map(Math.round)
  assert.equal(turned(0), [...pixels])
  assert.is(new Set(Array.from({ length: 8 }, (_, turn) => turned(turn).join())).size, 8)
  for (let turn = 0; turn < 8; turn++) assert.equal(turned(turn).toSorted(), [...pixels].map(Math.round).toSorted())
})

test('crops keep at least their share and stay inside; colours stay in range', () => {
  const random = createRandom(2, 'crop')
  for (let i = 0; i < 200; i++) {
    const { left, top, side } = randomCrop(80, 0.6, random)
    assert.ok(
      side * side >= 0.6 * 6400 - 1e-6 && left >= 0 && top >= 0 && left + side <= 80 + 1e-9 && top + side <= 80 + 1e-9,
    )
  }
  const view = Float32Array.from({ length: 300 }, () => random.between(0, 255))
  jitterColour(view, 0.5, random)
  assert.ok(view.every(value => value >= 0 && value <= 255))
})

test.run()
