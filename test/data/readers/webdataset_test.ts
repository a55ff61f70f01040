import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { splitKey, splitStem } from '../../../runtime/data/readers/file_names.ts'
import { openWebDataset, type WebDatasetOptions } from '../../../runtime/data/readers/webdataset.ts'
import { inTempFolder, sharedPath, testWithShared } from '../../support.ts'
import { findAll, makeAll, pack, picture, reasonsOf, recordsOf, type TarContent } from './support.ts'

const open = (shards: readonly string[], changes: Partial<WebDatasetOptions> = {}) =>
  openWebDataset({ shards, split: { val: 0, test: 0 }, classNames: { 5: 'a forest' }, seed: 1, ...changes })

test('keys end at the first dot of the name; folders belong to the key', () => {
  assert.equal(splitKey('a.b/c.d/00.seg.PNG'), { key: 'a.b/c.d/00', extension: 'seg.png' })
  assert.equal(splitKey('README'), { key: 'README', extension: '' })
  assert.equal(splitStem('a.b/c.d/gsd0.5m.JPG'), { key: 'a.b/c.d/gsd0.5m', extension: 'jpg' })
  assert.equal(splitStem('a.b/README'), { key: 'a.b/README', extension: '' })
})

test('joins files of one key: captions of JSON and text, classes of JSON and cls, images byte for byte', () =>
  inTempFolder(async folder => {
    const image = await picture(3)
    const first = await pack([
      ['notes.md', 'no sample'],
      ['a/0.jpg', image],
      ['a/0.json', JSON.stringify({ captions: ['a lake', 'water'], label: 'SeaLake' })],
      ['a/0.txt', 'water\n'],
      ['b/0.txt', ' from a text '],
      ['b/0.seg.png', 'a mask, which is not the image'],
      ['b/0.JPEG', image],
      [`${'long/'.repeat(40)}0.jpg`, image],
      [`${'long/'.repeat(40)}0.json`, JSON.stringify({ caption: 'far below', class: 3 })],
    ])
    const second = await pack([
      ['a/0.jpg', image],
      ['a/0.cls', '5'],
    ])
    const shards = [join(folder, '0.tar'), join(folder, '1.tar')]
    await writeFile(shards[0] ?? '', first)
    await writeFile(shards[1] ?? '', second)
    const { samples, faults, copies } = await makeAll(open(shards), {})
    assert.equal(faults, [])
    assert.is(copies, 4)
    assert.equal(
      samples.map(({ captions, label, group }) => [captions, label, group.replace(/(long\/)+/, 'long/')]),
      [
        [['a lake', 'water'], 'sea lake', '0/a/0'],
        [['from a text'], '', '0/b/0'],
        [['far below'], '3', '0/long/0'],
        [['a forest'], '5', '1/a/0'],
      ],
    )
    for (const sample of samples) assert.is(Buffer.compare(sample.image, image), 0)
  }))

/** Images and captions that a shard of these files gives, and reasons of what is corrupt or left out. */
async function readFiles(folder: string, files: readonly TarContent[], links: readonly string[] = []) {
  const shard = join(folder, '0.tar')
  await writeFile(shard, await pack(files, links))
  const found = await findAll(open([shard]))
  return {
    rows: recordsOf(found).map(({ file, group, captions }) => [file, group, ...captions]),
    corrupt: reasonsOf(found),
    leftOut: found.flatMap(item => (item.kind === 'left out' ? [`${item.file}: ${item.reason}`] : [])),
  }
}

test('names with dots are read by their last known extension', () =>
  inTempFolder(async folder => {
    const image = await picture(3)
    const mixed = await readFiles(folder, [
      ['a0.jpg', image],
      ['a0.txt', 'plain'],
      ['a1_gsd0.5m.jpg', image],
      ['a1_gsd0.5m.txt', 'half a metre'],
      ['22.05.jpg', image],
      ['22.05.txt', 'May'],
      ['22.06.JPG', image],
      ['22.06.txt', 'June'],
    ])
    assert.equal(mixed, {
      rows: [
        ['a0.jpg', '0/a0', 'plain'],
        ['a1_gsd0.5m.jpg', '0/a1_gsd0.5m', 'half a metre'],
        ['22.05.jpg', '0/22.05', 'May'],
        ['22.06.JPG', '0/22.06', 'June'],
      ],
      corrupt: [],
      leftOut: [],
    })
    const named = await readFiles(folder, [
      ['./s0.input.jpg', image],
      ['./s0.outputs.txt', 'joined'],
      ['./s1.depth.png', image],
      ['./s1.jpg', image],
      ['./s1.txt', 'beside a depth'],
      ['./s1.npy', 'x'],
      ['./s2.jpg', image],
      ['./s2.png', image],
      ['./s2.txt', 'beside a mask'],
    ])
    assert.equal(named, {
      rows: [
        ['./s0.input.jpg', '0/./s0', 'joined'],
        ['./s1.jpg', '0/./s1', 'beside a depth'],
        ['./s2.jpg', '0/./s2', 'beside a mask'],
      ],
      corrupt: [],
      leftOut: [
        './s1.npy in $shards[0]: files that are not read (.npy)',
        './s1.depth.png in $shards[0]: further images of samples',
        './s2.png in $shards[0]: further images of samples',
      ],
    })
    const unclear = await readFiles(folder, [
      ['0.in.jpg', image],
      ['0.out.jpg', image],
      ['0.txt', 'which?'],
      ['1.in.jpg', image],
      ['1.txt', 'this one'],
      ['2.a.jpg', image],
    ])
    assert.equal(unclear.rows, [['1.in.jpg', '0/1', 'this one']])
    assert.equal(unclear.corrupt, [
      "Sample '0' of $shards[0] has 2 images ('0.in.jpg', '0.out.jpg'); name one of them after the key alone",
      "Sample '2.a' of $shards[0] has neither a caption nor a class; add KEY.txt, KEY.json or KEY.cls",
    ])
  }))

test('every image of a shard is read, corrupt or left out, whatever its name', async () => {
  const image = await picture(3)
  const part = fc.constantFrom('a', 'b', '0', '5m')
  const extension = fc.constantFrom('jpg', 'png', 'JPEG', 'tif', 'txt', 'json', 'cls', 'npy')
  const name = fc.tuple(fc.array(part, { minLength: 1, maxLength: 3 }), extension)
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(name, { selector: ([parts, end]) => `${parts.join('.')}.${end}` }), names =>
      inTempFolder(async folder => {
        const files = names.map(([parts, end]): TarContent => {
          const sidecar = end === 'json' ? '{"caption":"x"}' : '1'
          return [`${parts.join('.')}.${end}`, /txt|json|cls|npy/.test(end) ? sidecar : image]
        })
        const { rows, corrupt, leftOut } = await readFiles(folder, files)
        const told = [...rows.map(([file]) => `'${file}'`), ...corrupt, ...leftOut.map(line => `'${line}`)].join('\n')
        for (const [file, content] of files) {
          const stem = file.slice(0, file.lastIndexOf('.'))
          if (typeof content === 'string') continue
          assert.ok(
            [`'${file}`, `'${stem}'`, `'${stem.split('.')[0]}'`].some(one => told.includes(one)),
            `${file}: ${told}`,
          )
        }
      }),
    ),
    { seed: 5, numRuns: 60 },
  )
})

test('files of one sample match in either normal form of Unicode; litter is left out', () =>
  inTempFolder(async folder => {
    const image = await picture(3)
    const found = await readFiles(folder, [
      ['._île.jpg', 'x'],
      ['île.jpg'.normalize('NFC'), image],
      ['île.txt'.normalize('NFD'), 'an island'],
      ['__MACOSX/._a.jpg', 'x'],
      ['.DS_Store', 'x'],
    ])
    assert.equal(found, {
      rows: [['île.jpg'.normalize('NFC'), `0/${'île'.normalize('NFC')}`, 'an island']],
      corrupt: [],
      leftOut: ['._île.jpg', '__MACOSX/._a.jpg', '.DS_Store'].map(
        file => `${file} in $shards[0]: files of operating systems and editors`,
      ),
    })
  }))

test('text that is not UTF-8, and classes that contradict each other, are named with their sample', () =>
  inTempFolder(async folder => {
    const image = await picture(3)
    const { rows, corrupt } = await readFiles(folder, [
      ['0.jpg', image],
      ['0.txt', Buffer.from('a lake\na café', 'latin1')],
      ['1.jpg', image],
      ['1.json', Buffer.from('{"caption": "a café"}', 'latin1')],
      ['2.jpg', image],
      ['2.json', '{"caption": "x", "score": NaN, "label": NaN}'],
      ['3.jpg', image],
      ['3.json', '{"label": 3}'],
      ['3.cls', '4'],
      ['4.jpg', image],
      ['4.json', '{"label": "forest"}'],
      ['4.cls', '5'],
    ])
    assert.equal(rows, [
      ['2.jpg', '0/2', 'x'],
      ['4.jpg', '0/4', 'forest'],
    ])
    assert.equal(corrupt, [
      "Sample '0' of $shards[0] cannot be read: its .txt is not UTF-8: byte 0xe9 in line 2; save it as UTF-8",
      "Sample '1' of $shards[0] cannot be read: its .json is not UTF-8: byte 0xe9 in line 1; save it as UTF-8",
      "Sample '3' of $shards[0] has the class '3' in 'label' of its .json and '4' in its .cls; keep one",
    ])
  }))

test('values that are no captions or classes, and contradictions, are named; nothing is made of them', () =>
  inTempFolder(async folder => {
    const image = await picture(3)
    const contents = [
      [
        '{"caption": "x", "caption": "y"}',
        /^has JSON that cannot be read: the key "caption" stands twice in one object/,
      ],
      ['{"caption": 3}', /^has a caption that is no text \(3\); fill it in or remove it$/],
      ['{"captions": {"en": "x"}}', /^has a caption that is no text/],
      ['["x"]', /^has JSON that is no object/],
      [
        '{"caption": "x", "label": true}',
        /^has a class that is no text and no number \(true\) in 'label' of its \.json/,
      ],
      ['{"caption": "x", "label": 3, "class": 4}', /^has the class '3' in 'label' .* and '4' in 'class' of its \.json/],
      ['{"caption": "x", "label": "lake"}', /^has the class 'lake' in 'label' .* and 'sea' in its \.cls/, 'sea'],
    ] as const
    const files: TarContent[] = contents.flatMap(([json, , cls], i) => [
      [`${i}.jpg`, image],
      [`${i}.json`, json],
      ...(cls === undefined ? [] : [[`${i}.cls`, cls] as const]),
    ])
    const right: TarContent[] = [
      ['8.jpg', image],
      ['8.json', '{"caption": "x", "label": 12345678901234567890}'],
      ['9.jpg', image],
      ['9.json', '{"label": 7, "class": "7"}'],
      ['9.cls', 'SeaLake'],
    ]
    const shard = join(folder, '0.tar')
    await writeFile(shard, await pack([...files, ...right]))
    const found = await findAll(open([shard]))
    const reasons = reasonsOf(found)
    assert.is(reasons.length, contents.length)
    for (const [i, [, reason]] of contents.entries())
      assert.match((reasons[i] ?? '').replace(`Sample '${i}' of $shards[0] `, ''), reason)
    assert.equal(
      recordsOf(found).map(({ file, captions, label }) => [file, captions, label]),
      [
        ['8.jpg', ['x'], '12345678901234567890'],
        ['9.jpg', ['sea lake'], 'sea lake'],
      ],
    )
  }))

test('a caption with half a character is named', () =>
  inTempFolder(async folder => {
    const shard = join(folder, '0.tar')
    const image = await picture(3)
    const files: TarContent[] = [
      ['0.jpg', image],
      ['0.json', '{"caption": "a lake \\ud83c"}'],
      ['1.jpg', image],
      ['1.json', '{"caption": "a lake \\ud83c\\udf0a"}'],
    ]
    await writeFile(shard, await pack(files))
    const { samples, faults } = await makeAll(open([shard]), {})
    assert.equal(
      samples.map(({ captions }) => captions),
      [['a lake 🌊']],
    )
    assert.equal(faults, [
      'Sample \'0\' of $shards[0] has a caption with half a character ("a lake \\ud83c"); fill it in or remove it',
    ])
  }))

test('whether it is an overhead view is read from JSON: true, false or left out', () =>
  inTempFolder(async folder => {
    const image = await picture(3)
    const labels = [true, false, null, undefined, 'yes']
    const shard = join(folder, '0.tar')
    const files = labels.flatMap((overhead, i): TarContent[] => [
      [`${i}.jpg`, image],
      [`${i}.json`, JSON.stringify({ caption: 'a lake', overhead })],
    ])
    await writeFile(shard, await pack(files))
    const { samples, faults } = await makeAll(open([shard]), {})
    assert.equal(
      samples.map(({ overhead }) => overhead),
      [true, false, undefined, undefined, undefined],
    )
    assert.equal(faults, [`Sample '4' of $shards[0] says "overhead": "yes"; it is true, false or left out`])
  }))

test('splits are drawn for each key, the same in whatever list its shard stands', () =>
  inTempFolder(async folder => {
    const image = await picture(3)
    const shard = (start: number) =>
      pack(
        Array.from(
          { length: 200 },
          (_, i) =>
            [
              [`${start + i}.jpg`, image],
              [`${start + i}.txt`, 'x'],
            ] as const,
        ).flat(),
      )
    const shards = [join(folder, '0.tar'), join(folder, '1.tar')]
    await writeFile(shards[0] ?? '', await shard(0))
    await writeFile(shards[1] ?? '', await shard(200))
    const splitsOf = async (list: readonly string[]) =>
      new Map(
        recordsOf(await findAll(open(list, { split: { val: 0.1, test: 0.25 } }))).map(({ file, split }) => [
          file,
          split,
        ]),
      )
    const both = await splitsOf(shards)
    const alone = await splitsOf(shards.slice(1))
    assert.ok([...alone].every(([file, split]) => both.get(file) === split))
    const count = (split: string) => [...both.values()].filter(one => one === split).length
    assert.ok(
      Math.abs(count('test') - 100) < 30 && Math.abs(count('val') - 40) < 20,
      `${count('test')} ${count('val')}`,
    )
  }))

test('names each sample that cannot be used, and reads the others', () =>
  inTempFolder(async folder => {
    const image = await picture(3)
    const shard = join(folder, '0.tar')
    const entries: readonly TarContent[] = [
      ['good.jpg', image],
      ['good.txt', 'x'],
      ['broken.jpg', image],
      ['broken.json', '{"caption": "x"'],
      ['empty.jpg', image],
      ['empty.txt', ' \n'],
      ['one_empty.jpg', image],
      ['one_empty.json', JSON.stringify({ captions: ['x', '', null] })],
      ['silent.jpg', image],
      ['blind.txt', 'x'],
      ['good.jpg', image],
      ['good.txt', 'again'],
      ['twice.jpg', image],
      ['twice.jpg', image],
      ['twice.txt', 'x'],
      ['cut.jpg', image.subarray(0, 400)],
      ['cut.txt', 'x'],
      ['noise.png', 'no picture'],
      ['noise.txt', 'x'],
    ]
    await writeFile(shard, await pack(entries, ['link.jpg']))
    const { samples, faults } = await makeAll(open([shard]), {})
    assert.equal(
      samples.map(({ facts }) => facts.file),
      ['good.jpg', 'one_empty.jpg', 'twice.jpg'],
    )
    const expected = [
      /'broken' of \$shards\[0\] has JSON that cannot be read/,
      /'empty' of \$shards\[0\] has an empty caption/,
      /'one_empty' of \$shards\[0\] has an empty caption/,
      /'one_empty' of \$shards\[0\] has an empty caption/,
      /'silent' of \$shards\[0\] has neither a caption nor a class/,
      /'blind' of \$shards\[0\] has no image/,
      /Key 'good' is given twice in \$shards\[0\]/,
      /'twice\.jpg' is given twice in \$shards\[0\]/,
      /Cannot read image 'cut\.jpg'/,
      /Cannot read image 'noise\.png'/,
      /'link\.jpg' in \$shards\[0\] is a link/,
    ]
    for (const pattern of expected)
      assert.ok(
        faults.some(reason => pattern.test(reason)),
        `${pattern}`,
      )
    assert.is(faults.length, expected.length)
  }))

testWithShared(
  test,
  'data/rsicd_train',
  'reads RSICD: 9,828 images of 31 classes with five captions each',
  async () => {
    const shards = Array.from({ length: 5 }, (_, i) => sharedPath(`data/rsicd_train/00000${i}.tar`))
    const found = await findAll(open(shards))
    const records = recordsOf(found)
    assert.equal([found.length, records.length], [9828, 9828])
    assert.ok(records.every(({ captions }) => captions.length === 5))
    assert.is(new Set(records.map(({ label }) => label)).size, 31)
  },
)

test.run()
