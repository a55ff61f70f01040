import { symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { openKarpathy } from '../../../runtime/data/readers/karpathy.ts'
import { inTempFolder, sharedPath, testWithShared } from '../../support.ts'
import { findAll, makeAll, messageOf, picture, put, reasonsOf, recordsOf } from './support.ts'

const open = (folder: string, json = 'dataset.json') =>
  openKarpathy({ json: join(folder, json), images: join(folder, 'imgs'), classNames: { harbor: 'a harbour' } })

const image = (filename: string, others: object = {}) => ({
  filename,
  split: 'train',
  sentences: [{ raw: ' a lake . ' }, { raw: 'water' }],
  ...others,
})

test('takes captions, classes and splits of the file; restval is train', () =>
  inTempFolder(async folder => {
    const images = [
      image('1.tif', { split: 'test', label: 'denseresidential' }),
      image('2.jpg', { split: 'restval', filepath: 'sub' }),
      image('sub/3.jpg', { split: 'val', sentences: [{ tokens: ['a', 'desert'] }] }),
      image('4.jpg', { sentences: [], class: 'harbor' }),
    ]
    const bytes = await picture(3)
    await put(folder, {
      'dataset.json': `\ufeff${JSON.stringify({ images, dataset: 'made' })}`,
      ...Object.fromEntries(['1.tif', 'sub/2.jpg', 'sub/3.jpg', '4.jpg'].map(name => [`imgs/${name}`, bytes])),
    })
    const { samples, faults } = await makeAll(open(folder), {})
    assert.equal(faults, [])
    assert.equal(
      samples.map(({ facts, split, captions, label }) => [facts.file, split, captions, label]),
      [
        ['1.tif', 'test', ['a lake .', 'water'], 'denseresidential'],
        ['sub/2.jpg', 'train', ['a lake .', 'water'], ''],
        ['sub/3.jpg', 'val', ['a desert'], ''],
        ['4.jpg', 'train', ['a harbour'], 'harbor'],
      ],
    )
    assert.equal(
      samples.map(({ image: stored }) => Buffer.compare(stored, bytes)),
      [0, 0, 0, 0],
    )
    assert.match(samples[2]?.key ?? '', /^000002-sub-3$/)
  }))

test('reads lists by class, as NWPU-Captions has them, with images in folders of the classes', () =>
  inTempFolder(async folder => {
    const item = (filename: string) => ({ filename, split: 'val', imgid: 1, raw: 'one', raw_1: 'two', raw_2: '' })
    await put(folder, {
      'dataset.json': JSON.stringify({ airport: [item('a_1.jpg')], sea_ice: [item('a_1.jpg')] }),
      'imgs/airport/a_1.jpg': await picture(3),
      'imgs/sea_ice/a_1.jpg': await picture(5),
    })
    const found = await findAll(open(folder))
    assert.equal(
      recordsOf(found).map(({ file, captions, label, split }) => [file, captions, label, split]),
      [
        ['airport/a_1.jpg', ['one', 'two'], 'airport', 'val'],
        ['sea_ice/a_1.jpg', ['one', 'two'], 'sea ice', 'val'],
      ],
    )
    assert.match(reasonsOf(found).join('; '), /airport\[0\] has an empty caption.*sea_ice\[0\] has an empty caption/)
  }))

test('reads what Python writes: NaN is a missing value; text that is not UTF-8 is named with byte and line', () =>
  inTempFolder(async folder => {
    await put(folder, { 'imgs/1.jpg': await picture(3), 'imgs/2.jpg': await picture(5) })
    const first = '{"filename": "1.jpg", "split": "train", "cloud": NaN, "sentences": [{"raw": "a lake"}]}'
    const second = '{"filename": "2.jpg", "split": "train", "sentences": [{"raw": NaN}]}'
    const third = '{"filename": "._2.jpg", "split": "train", "sentences": [{"raw": "a lake"}]}'
    await put(folder, { 'dataset.json': `{"images": [${first}, ${second}, ${third}]}` })
    const found = await findAll(open(folder))
    assert.equal(
      recordsOf(found).map(({ file }) => file),
      ['1.jpg'],
    )
    assert.equal(reasonsOf(found), ["$json images[1] has an empty caption of '2.jpg'"])
    assert.equal(
      found.flatMap(item => (item.kind === 'left out' ? [item.file] : [])),
      ['$json images[2]'],
    )
    await put(folder, { 'dataset.json': Buffer.from('{"images":\n[{"filename": "café.jpg"}]}', 'latin1') })
    assert.is(
      await messageOf(findAll(open(folder))),
      'dataset.json is not UTF-8: byte 0xe9 in line 2; save it as UTF-8',
    )
  }))

test('names each record that cannot be used, and reads the others', () =>
  inTempFolder(async folder => {
    const images = [
      image('1.jpg'),
      image('missing.jpg'),
      image('../../etc/passwd'),
      image('link.jpg'),
      image('1.jpg'),
      image('2.jpg', { split: 'dev2' }),
      image('3.jpg', { sentences: [{ raw: ' ' }, {}] }),
      image('4.jpg', { sentences: [{ raw: 'x' }, { raw: '' }] }),
      { split: 'train' },
      7,
      image('5.jpg', { sentences: undefined }),
      image('cut.jpg'),
    ]
    const whole = await picture(3)
    await put(folder, {
      'dataset.json': JSON.stringify({ images }),
      'imgs/cut.jpg': whole.subarray(0, 500),
      'secret.jpg': whole,
    })
    for (let i = 1; i <= 5; i++) await put(folder, { [`imgs/${i}.jpg`]: whole })
    await symlink(join(folder, 'secret.jpg'), join(folder, 'imgs/link.jpg'))
    const { samples, faults } = await makeAll(open(folder), {})
    assert.equal(
      samples.map(({ facts, captions }) => [facts.file, captions]),
      [
        ['1.jpg', ['a lake .', 'water']],
        ['4.jpg', ['x']],
      ],
    )
    const expected = [
      /images\[1\] names image 'missing\.jpg', which is not in/,
      /images\[2\] names image '\.\.\/\.\.\/etc\/passwd', which leads out of/,
      /images\[3\] names image 'link\.jpg', which is a symbolic link/,
      /images\[4\] names '1\.jpg' as images\[0\] does/,
      /images\[5\] has the split 'dev2'/,
      /images\[6\] has an empty caption/,
      /images\[6\] has an empty caption/,
      /images\[7\] has an empty caption/,
      /images\[8\] names no image/,
      /images\[9\] names no image/,
      /images\[10\] has neither captions nor a class/,
      /Cannot read image 'cut\.jpg'/,
    ]
    assert.is(faults.length, expected.length)
    for (const [i, pattern] of expected.entries()) assert.match(faults[i] ?? '', pattern)
  }))

test('sentences that are no list are named, and so is a class that is none', () =>
  inTempFolder(async folder => {
    const images = [
      image('0.jpg', { sentences: 'a lake' }),
      image('0.jpg', { sentences: { raw: 'a lake' } }),
      image('0.jpg', { label: ['lake'] }),
      image('0.jpg', { label: 3 }),
    ]
    await put(folder, { 'dataset.json': JSON.stringify({ images }), 'imgs/0.jpg': 'x' })
    const found = await findAll(open(folder))
    assert.equal(reasonsOf(found), [
      "$json images[0] has sentences of '0.jpg' that are no list",
      "$json images[1] has sentences of '0.jpg' that are no list",
      '$json images[2] has a class that is no text and no number (["lake"])',
    ])
    assert.equal(
      recordsOf(found).map(({ label }) => label),
      ['3'],
    )
  }))

test('a file that is no JSON or has another form stops reading', () =>
  inTempFolder(async folder => {
    await put(folder, {
      'imgs/1.jpg': await picture(3),
      'a.json': '{"images": [\n{"filename": }]}',
      'b.json': '[1]',
      'c.json': '{"annotations": 3}',
    })
    assert.match(await messageOf(findAll(open(folder, 'a.json'))), /a\.json is not JSON: .*get it anew or mend it/)
    assert.match(await messageOf(findAll(open(folder, 'b.json'))), /b\.json holds neither a list 'images'/)
    assert.match(await messageOf(findAll(open(folder, 'c.json'))), /c\.json holds neither a list 'images'/)
  }))

testWithShared(
  test,
  'data/ucm_captions',
  'reads UCM-Captions: 2,100 images, of which 210 with 1,050 captions for tests',
  async () => {
    const folder = sharedPath('data/ucm_captions')
    const found = await findAll(open(folder))
    const records = recordsOf(found)
    assert.equal([found.length, records.length], [2100, 2100])
    const held = records.filter(({ split }) => split === 'test')
    assert.equal([held.length, held.flatMap(({ captions }) => captions).length], [210, 1050])
    assert.is(new Set(records.map(({ label }) => label)).size, 21)
  },
)

test.run()
