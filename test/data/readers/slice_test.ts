import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { openFolder } from '../../../runtime/data/readers/folder.ts'
import { corruptItem, type SourceItem, type SourceReader } from '../../../runtime/data/readers/record.ts'
import { sliceReader } from '../../../runtime/data/readers/slice.ts'
import { inTempFolder } from '../../support.ts'
import { findAll, makeAll, picture, put } from './support.ts'

/** A reader that finds `r`ecords and `f`aults as a word spells them. */
function spelt(word: string): SourceReader {
  const all = [...word].map((letter, index): SourceItem => {
    if (letter === 'f') return corruptItem(`${index}`, 'none')
    const location = { kind: 'file', path: '' } as const
    const base = { file: `${index}`, group: `${index}`, split: 'train', captions: ['x'], label: '', facts: {} } as const
    return { kind: 'record', ...base, location, position: index }
  })
  return {
    unit: 'MB',
    total: () => 99,
    async *find() {
      yield* all
    },
  }
}

const nameOf = (found: SourceItem): string => (found.kind === 'omitted' ? '' : found.file)

for (const word of ['', 'f', 'r', 'rr', 'frfrrf', 'rrrrrrrrrrrf', 'ffffrr', 'rfffffr'])
  test(`slices of '${word}' hold each record and each fault once, in order, and are alike in size`, async () => {
    const whole = (await findAll(spelt(word))).map(nameOf)
    for (let of = 1; of <= 5; of += 1) {
      const slices = await Promise.all(
        Array.from({ length: of }, (_, index) => sliceReader(spelt(word), { index, of })),
      )
      const found = await Promise.all(slices.map(({ reader }) => findAll(reader)))
      assert.equal(found.flat().map(nameOf), whole, `${of} slices`)
      const records = found.map(slice => slice.filter(({ kind }) => kind === 'record').length)
      assert.ok(Math.max(...records) - Math.min(...records) <= 1, `${records}`)
      assert.equal(
        slices.map(({ first }) => first),
        records.map((_, index) => records.slice(0, index).reduce((sum, one) => sum + one, 0)),
      )
      assert.equal(
        slices.map(({ reader }) => reader.total()),
        records,
      )
    }
  })

test('samples of slices are those of the whole', () =>
  inTempFolder(async folder => {
    const images = await Promise.all(
      Array.from({ length: 7 }, async (_, i) => [`class/${i}.jpg`, await picture(i + 2)] as const),
    )
    await put(folder, { ...Object.fromEntries(images), 'class/3.jpg': 'no picture' })
    const options = { split: { val: 0.2, test: 0.3 }, classNames: {}, seed: 1 }
    const open = () => openFolder({ folder, ...options })
    const whole = await makeAll(open(), { size: 16 })
    assert.is(whole.samples.length, 6)
    const parts = await Promise.all(
      [0, 1, 2].map(async index => {
        const { reader, first } = await sliceReader(open(), { index, of: 3 })
        return makeAll(reader, { size: 16, first })
      }),
    )
    assert.equal(
      parts.flatMap(({ samples }) => samples),
      whole.samples,
    )
    assert.equal(
      parts.flatMap(({ faults }) => faults),
      whole.faults,
    )
    assert.match(whole.faults.join(), join('class', '3.jpg'))
  }))

test.run()
