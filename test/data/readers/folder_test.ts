import { symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { decodeImage } from '../../../runtime/data/image.ts'
import { parseCaptionTable, type TableColumns } from '../../../runtime/data/readers/caption_table.ts'
import { className } from '../../../runtime/data/readers/class_names.ts'
import { type FolderOptions, openFolder } from '../../../runtime/data/readers/folder.ts'
import { inTempFolder, sharedPath, testWithShared } from '../../support.ts'
import { findAll, makeAll, messageOf, picture, put, reasonsOf, recordsOf } from './support.ts'

const columns = { image: 'image', caption: 'caption' }
/** The rows of a text. */
const parse = (text: string | Uint8Array, name: string, names: TableColumns = columns) =>
  parseCaptionTable(Buffer.from(text), name, names)

const options = { split: { val: 0, test: 0 }, classNames: {}, seed: 1 } as const

const open = (folder: string, changes: Partial<FolderOptions> = {}) => openFolder({ folder, ...options, ...changes })
const table = (file: string, names: object = {}) => ({ table: { file, ...columns, ...names } })

test('reads CSV with quotes, commas, doubled quotes, line breaks, a byte order mark and either line ending', () => {
  const csv = '\ufeffid,caption,image\r\n1,"a ""big"", long\nlake",a.jpg\r\n\r\n2,desert,"b,c.jpg"'
  const row = { kind: 'row', label: '', split: '' } as const
  assert.equal(parse(csv, 'captions.csv'), [
    { ...row, image: 'a.jpg', captions: ['a "big", long\nlake'], line: 2 },
    { ...row, image: 'b,c.jpg', captions: ['desert'], line: 5 },
  ])
})

test('names the line of a wrong row, and goes on where the next one can be told', () => {
  const csv = (rows: string, name = 'c.csv') => parse(`image,caption\n${rows}`, name)
  assert.throws(() => csv('a.jpg,lake\nb.jpg,"open'), /c\.csv line 3 has a stray or unclosed quote/)
  assert.throws(() => csv('a.jpg,x"y"'), /c\.csv line 2 has a stray or unclosed quote/)
  assert.match(
    reasonsOf(csv('a.jpg,lake\nb.jpg\nc.jpg,sea')).join(),
    /^c\.csv line 3 has 1 field, the header has 2; fill in what is missing$/,
  )
  assert.match(reasonsOf(csv(',lake')).join(), /c\.csv line 2 names no image/)
  assert.throws(() => parse('file,text\na,b', 'c.csv'), /no column 'image' in its first line \(file, text\)/)
  const jsonl = '{"image":"a.jpg","caption":"lake"}\n\n{"image":\n{"image":"b.jpg","caption":["sea","",7]}'
  const rows = parse(jsonl, 'c.jsonl')
  assert.match(reasonsOf(rows)[0] ?? '', /c\.jsonl line 3 is not JSON/)
  assert.match(
    reasonsOf(rows).slice(1).join(),
    /^c\.jsonl line 4 has a caption that is no text \(7\) of 'b\.jpg'.*line 4 has an empty caption of/,
  )
  assert.equal(
    rows.flatMap(row => (row.kind === 'row' ? row.captions : [])),
    ['lake', 'sea'],
  )
  assert.throws(() => parse('', 'c.txt'), /neither \.csv, \.tsv nor \.jsonl/)
})

test('joins the captions of an image, finds images by path or by bare name, and stores squares', () =>
  inTempFolder(async folder => {
    const csv = 'image,caption\nb.jpg,a lake\nx/a.jpg,a desert\nb.jpg,water'
    await put(folder, { 'captions.csv': csv, 'x/a.jpg': await picture(3), 'Images/b.jpg': await picture(5) })
    const { samples } = await makeAll(open(folder, table('captions.csv')), { size: 16 })
    assert.equal(
      samples.map(({ group, captions, split }) => ({ group, captions, split })),
      [
        { group: 'Images/b.jpg', captions: ['a lake', 'water'], split: 'train' },
        { group: 'x/a.jpg', captions: ['a desert'], split: 'train' },
      ],
    )
    const { width, height } = await decodeImage(samples[0]?.image ?? new Uint8Array(), { name: 'first' })
    assert.equal([width, height], [16, 16])
  }))

test('takes columns by other names, classes and splits from a TSV, and images from another folder', () =>
  inTempFolder(async folder => {
    const tsv =
      'path\ttitle\tscene\tpart\nx/a.jpg\tthe "old" sea\tSeaLake\ttrain\nb.jpg\t\tForest\tvalidation\nb2.jpg\tt\tForest\tnever\n'
    await put(folder, {
      'tables/t.tsv': tsv,
      'images/x/a.jpg': await picture(3),
      'images/b.jpg': await picture(5),
      'images/b2.jpg': await picture(5),
    })
    const found = await findAll(
      open(join(folder, 'tables'), {
        images: join(folder, 'images'),
        table: { file: 't.tsv', image: 'path', caption: 'title', label: 'scene', split: 'part' },
        split: 'column',
        classNames: { Forest: 'dense woodland' },
      }),
    )
    assert.equal(
      recordsOf(found).map(({ file, captions, label, split }) => [file, captions, label, split]),
      [
        ['b.jpg', ['dense woodland'], 'forest', 'val'],
        ['x/a.jpg', ['the "old" sea'], 'sea lake', 'train'],
      ],
    )
    assert.equal(reasonsOf(found), ["t.tsv line 4 gives 'b2.jpg' the split 'never'; splits are train, val and test"])
  }))

test('takes captions and labels from class folders, and holds out the same share of each class', () =>
  inTempFolder(async folder => {
    for (const kind of ['AnnualCrop', 'sea_lake']) {
      for (let i = 0; i < 5; i++) await put(folder, { [`${kind}/${i}.jpg`]: await picture(i + 2) })
    }
    const reader = open(folder, { split: { test: 0.2, val: 0.2 }, classNames: { AnnualCrop: 'annual crop land' } })
    const records = recordsOf(await findAll(reader))
    const splitsOf = (label: string) => records.filter(s => s.label === label).map(s => s.split)
    for (const label of ['annual crop', 'sea lake']) {
      assert.equal(splitsOf(label).sort(), ['test', 'train', 'train', 'train', 'val'])
    }
    assert.equal(records[0]?.captions, ['annual crop land'])
    assert.equal(records[5]?.captions, ['sea lake'])
    assert.equal(recordsOf(await findAll(reader)), records)
    assert.is(className('HerbaceousVegetation'), 'herbaceous vegetation')
  }))

test('takes splits from folders, and tells of an image in none', () =>
  inTempFolder(async folder => {
    const image = await picture(3)
    await put(folder, {
      'train/Lake/a.jpg': image,
      'valid/Lake/b.jpg': image,
      'test/Sea/c.jpg': image,
      'extra/Sea/d.jpg': image,
    })
    const found = await findAll(open(folder, { split: 'folders' }))
    assert.equal(
      recordsOf(found).map(({ file, label, split }) => [file, label, split]),
      [
        ['test/Sea/c.jpg', 'sea', 'test'],
        ['train/Lake/a.jpg', 'lake', 'train'],
        ['valid/Lake/b.jpg', 'lake', 'val'],
      ],
    )
    assert.match(reasonsOf(found).join(), /^'extra\/Sea\/d\.jpg' lies in none of the folders train, val and test/)
    await put(folder, { 'train/e.jpg': image })
    assert.match(
      await messageOf(findAll(open(folder, { split: 'folders' }))),
      /'train\/e\.jpg' lies in no class folder/,
    )
  }))

test('names what is missing: the folder, images, the table, an image of a row', () =>
  inTempFolder(async folder => {
    assert.match(await messageOf(findAll(open(join(folder, 'none')))), /none cannot be read/)
    assert.match(await messageOf(findAll(open(folder))), /holds no images/)
    await put(folder, { 'a.jpg': await picture(3), 'captions.csv': 'image,caption\na.jpg,lake\nz.jpg,sea' })
    assert.match(await messageOf(findAll(open(folder))), /'a\.jpg' lies in no class folder.*captions: captions\.csv/)
    assert.match(await messageOf(findAll(open(folder, table('c.csv')))), /holds no captions file 'c\.csv'/)
    const found = await findAll(open(folder, table('captions.csv')))
    assert.equal(
      recordsOf(found).map(({ file }) => file),
      ['a.jpg'],
    )
    assert.match(reasonsOf(found).join(), /captions\.csv line 3 names image 'z\.jpg', which is not in/)
  }))

test('neither paths nor links lead out of the folder', () =>
  inTempFolder(async folder => {
    const image = await picture(3)
    await put(folder, { 'outside/secret.jpg': image, 'in/Lake/a.jpg': image })
    await symlink(join(folder, 'outside/secret.jpg'), join(folder, 'in/Lake/link.jpg'))
    await symlink(join(folder, 'outside'), join(folder, 'in/Linked'))
    const rows = [
      '../outside/secret.jpg',
      '../../etc/passwd',
      '/etc/passwd',
      'Lake/link.jpg',
      'Linked/secret.jpg',
      'Lake/a.jpg',
    ]
    await put(folder, { 'in/captions.csv': `image,caption\n${rows.map(row => `${row},lake`).join('\n')}\n` })
    const found = await findAll(open(join(folder, 'in'), table('captions.csv')))
    assert.equal(
      recordsOf(found).map(({ file }) => file),
      ['Lake/a.jpg'],
    )
    const why = reasonsOf(found).map(reason => /leads out|symbolic link/.exec(reason)?.[0])
    assert.equal(why, ['leads out', 'leads out', 'leads out', 'symbolic link', 'symbolic link'])
    const classes = await findAll(open(join(folder, 'in')))
    assert.equal(
      recordsOf(classes).map(({ file }) => file),
      ['Lake/a.jpg'],
    )
    assert.match(reasonsOf(classes).join('; '), /'Lake\/link\.jpg'.*is a symbolic link.*'Linked'.*is a symbolic link/)
    assert.match(
      await messageOf(findAll(open(join(folder, 'in'), table('../outside/c.csv')))),
      /holds no captions file/,
    )
  }))

test('an image in two splits or with two classes is a fault that names both rows', () =>
  inTempFolder(async folder => {
    const image = await picture(3)
    const csv =
      'image,caption,split,scene\n1.jpg,a,train,Lake\n1.jpg,b,test,Lake\n2.jpg,c,val,Sea\n2.jpg,d,validation,sea\n3.jpg,e,train,Hill\n3.jpg,f,train,Field\n'
    await put(folder, { 'c.csv': csv, '1.jpg': image, '2.jpg': image, '3.jpg': image })
    const found = await findAll(
      open(folder, { ...table('c.csv', { label: 'scene', split: 'split' }), split: 'column' }),
    )
    assert.equal(reasonsOf(found), [
      "c.csv line 3 puts '1.jpg' into the split 'test', line 2 into 'train'; keep one",
      "c.csv line 7 gives '3.jpg' the class 'Field', line 6 'hill'; keep one",
    ])
    assert.equal(
      recordsOf(found).map(({ file, captions, label, split }) => [file, captions, label, split]),
      [
        ['1.jpg', ['a'], 'lake', 'train'],
        ['2.jpg', ['c', 'd'], 'sea', 'val'],
        ['3.jpg', ['e'], 'hill', 'train'],
      ],
    )
  }))

test('files of operating systems and editors are no data, in class folders and in tables; they are counted', () =>
  inTempFolder(async folder => {
    const image = await picture(3)
    const litter = [
      '.DS_Store',
      'forest/.DS_Store',
      'forest/._f1.jpg',
      '__MACOSX/forest/._f1.jpg',
      '.ipynb_checkpoints/f1-checkpoint.jpg',
      'forest/Thumbs.db',
      'forest/desktop.ini',
      'forest/f1.jpg~',
      'forest/.f1.jpg.swp',
      'forest/#f1.jpg#',
    ]
    await put(folder, Object.fromEntries(litter.map(name => [name, name.endsWith('.jpg') ? image : 'x'])))
    await put(folder, { 'forest/f1.jpg': image, 'forest/.f2.jpg': image, 'forest/f3.bmp': 'x', 'notes.txt': 'x' })
    const found = await findAll(open(folder))
    assert.equal(
      recordsOf(found).map(({ file, label }) => [file, label]),
      [['forest/f1.jpg', 'forest']],
    )
    assert.equal(reasonsOf(found), [])
    const leftOut = new Map<string, string[]>()
    for (const item of found)
      if (item.kind === 'left out') leftOut.set(item.reason, [...(leftOut.get(item.reason) ?? []), item.file])
    assert.equal(leftOut.get('files of operating systems and editors'), [...litter].sort())
    assert.equal(leftOut.get('hidden files'), ['forest/.f2.jpg'])
    assert.equal(leftOut.get('files that are no images (.bmp)'), ['forest/f3.bmp'])
    await put(folder, { 'c.csv': 'image,caption\nforest/f1.jpg,a\nforest/._f1.jpg,b\n' })
    const rows = await findAll(open(folder, table('c.csv')))
    assert.equal(
      rows.map(item => [item.kind, item.kind === 'omitted' ? '' : item.file]),
      [
        ['left out', 'c.csv line 3'],
        ['left out', 'forest/.f2.jpg'],
        ['left out', 'forest/f3.bmp'],
        ['left out', 'notes.txt'],
        ['record', 'forest/f1.jpg'],
      ],
    )
  }))

test('names match in either normal form of Unicode', () =>
  inTempFolder(async folder => {
    const image = await picture(3)
    const [composed, decomposed] = ['île.jpg'.normalize('NFC'), 'île.jpg'.normalize('NFD')]
    await put(folder, { [`a/${decomposed}`]: image, [composed]: image })
    await put(folder, { 'c.csv': `image,caption\na/${composed},a\n${composed},b\n` })
    const found = await findAll(open(folder, table('c.csv')))
    assert.equal(
      recordsOf(found).map(({ file, captions }) => [file, captions]),
      [
        [`a/${decomposed}`, ['a']],
        [composed, ['b']],
      ],
    )
    await put(folder, { [`a/${composed}`]: await picture(5), 'd.csv': `image,caption\na/${composed},exact\n` })
    assert.equal(
      recordsOf(await findAll(open(folder, table('d.csv')))).map(({ file }) => file),
      [`a/${composed}`],
    )
  }))

test('a class has one name, in either normal form of Unicode', () =>
  inTempFolder(async folder => {
    const [composed, decomposed] = ['Fôret', 'Fôret'.normalize('NFD')]
    await put(folder, { [`${composed}/a.jpg`]: 'a', [`${decomposed}/b.jpg`]: 'b' })
    const records = recordsOf(await findAll(open(folder, { classNames: { [composed]: 'a wood' } })))
    assert.equal(
      records.map(({ label, captions }) => [label, captions]),
      [
        ['fôret', ['a wood']],
        ['fôret', ['a wood']],
      ],
    )
  }))

test('paths of Windows in a table find their images, and files whose names hold backslashes are read', () =>
  inTempFolder(async folder => {
    await put(folder, {
      't.csv': 'image,caption\n.\\sub\\a.jpg,a lake\nsub\\b.jpg,a sea\n',
      'sub/a.jpg': await picture(3),
      'sub\\b.jpg': await picture(5),
    })
    const { samples, faults } = await makeAll(open(folder, table('t.csv')), {})
    assert.equal([samples.map(({ facts }) => facts.file), faults], [['sub/a.jpg', 'sub\\b.jpg'], []])
  }))

test('a table that is a link or behind one is refused, beside its images and elsewhere', () =>
  inTempFolder(async folder => {
    await put(folder, { 'out/c.csv': 'image,caption\na.jpg,a\n', 'in/a.jpg': await picture(3), 'tab/d.csv': 'x' })
    await symlink(join(folder, 'out/c.csv'), join(folder, 'in/c.csv'))
    await symlink(join(folder, 'out'), join(folder, 'tab/out'))
    const [inside, tables] = [join(folder, 'in'), join(folder, 'tab')]
    for (const reader of [open(inside, table('c.csv')), open(tables, { images: inside, ...table('out/c.csv') })])
      assert.match(await messageOf(findAll(reader)), /is a symbolic link or behind one, and links are not followed/)
    const named = open(join(folder, 'out'), { images: inside, ...table('./c.csv') })
    assert.is(recordsOf(await findAll(named)).length, 1)
  }))

test('a folder without images names what it holds', () =>
  inTempFolder(async folder => {
    await put(folder, { 'a/1.bmp': 'x', 'a/2.bmp': 'x', 'a/3.txt': 'x', 'a/.DS_Store': 'x' })
    assert.match(
      await messageOf(findAll(open(folder))),
      /holds no images \(its files: \.bmp 2, \.txt 1, of operating systems and editors 1\); add/,
    )
  }))

testWithShared(test, 'data/flickr8k_1000', 'reads Flickr8k: 1,000 images with five captions each', async () => {
  const records = recordsOf(await findAll(open(sharedPath('data/flickr8k_1000'), table('captions.csv'))))
  assert.is(records.length, 1000)
  assert.ok(records.every(({ captions }) => captions.length === 5))
})

testWithShared(test, 'data/eurosat', 'reads EuroSAT: 3,000 images of ten classes in its own splits', async () => {
  const found = await findAll(open(sharedPath('data/eurosat'), { split: 'folders' }))
  const records = recordsOf(found)
  assert.equal([found.length, records.length], [3000, 3000])
  assert.is(new Set(records.map(({ label }) => label)).size, 10)
  assert.ok(records.every(({ file, split }) => file.startsWith(`${split}/`)))
})

testWithShared(test, 'data/web_alt', 'reads alt texts of web images from JSON Lines', async () => {
  const found = await findAll(open(sharedPath('data/web_alt'), table('index.jsonl', { caption: 'alt' })))
  assert.is(found.filter(({ kind }) => kind !== 'left out').length, 37)
  const { samples, faults } = await makeAll(
    open(sharedPath('data/web_alt'), table('index.jsonl', { caption: 'alt' })),
    {},
  )
  assert.equal([samples.length + faults.length, recordsOf(found).length], [37, samples.length])
})

test.run()
