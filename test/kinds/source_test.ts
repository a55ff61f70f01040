import { existsSync, readFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parquetWriteFile } from 'hyparquet-writer'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { readIndex, readSamples } from '../../runtime/data/dataset.ts'
import { decodeImage } from '../../runtime/data/image.ts'
import { messageOf, pack, picture, put } from '../data/readers/support.ts'
import { tiffFile } from '../data/tiff_file.ts'
import { inTempFolder, sharedPath, testWithShared } from '../support.ts'
import { runStage } from './run_source.ts'

/** A shard of whole images, and of some that are cut. */
async function shardOf(path: string, whole: number, cut: number): Promise<void> {
  const image = await picture(3)
  const files = Array.from({ length: whole + cut }, (_, i) => [
    [`${i}.jpg`, i < whole ? image : image.subarray(0, 400)] as const,
    [`${i}.txt`, `image ${i}`] as const,
  ])
  await writeFile(path, await pack(files.flat()))
}

test('counts, names and writes down what is corrupt, up to the limit', () =>
  inTempFolder(async folder => {
    const shard = join(folder, '0.tar')
    await shardOf(shard, 3, 30)
    const { result, warnings, out } = await runStage('webdataset', {
      folder,
      params: { shards: shard, max_corrupt: 30 },
      files: { shards: [shard] },
    })
    assert.equal(result.metrics, { samples: 3, captions: 3, copied: 3, train: 3, val: 0, test: 0, corrupt: 30 })
    assert.is(result.summary, '3 images, 3 captions, 30 skipped')
    const lines = (await readFile(join(out, 'failed.jsonl'), 'utf8')).trimEnd().split('\n')
    assert.is(lines.length, 30)
    const reason = "Cannot read image '3.jpg': it is damaged or cut short; replace or remove it"
    assert.equal(JSON.parse(lines[0] ?? ''), { file: '3.jpg', key: '0/3', reason })
    assert.is(warnings.length, 21)
    assert.is(warnings[0], `Skipped: ${reason}`)
    assert.is(warnings[20], 'Skipped 10 more; failed.jsonl of the result names them all')
  }))

test('labels of overhead views in a shard train the classifier that filters the rest of it', () =>
  inTempFolder(async folder => {
    const images = await Promise.all([3, 120].map(shade => picture(shade)))
    const files = Array.from({ length: 60 }, (_, i) => {
      const overhead = i % 3 > 0
      const caption = overhead ? `fields from above, ${i}` : `a plate of soup, ${i}`
      const label = i < 40 ? { overhead } : {}
      return [
        [`${i}.jpg`, images[overhead ? 0 : 1] ?? new Uint8Array()] as const,
        [`${i}.json`, JSON.stringify({ caption, ...label })] as const,
      ]
    })
    const shard = join(folder, '0.tar')
    await writeFile(shard, await pack(files.flat()))
    const source = await runStage('webdataset', { folder, params: { shards: shard }, files: { shards: [shard] } })
    const { result, out } = await runStage('classifier', {
      folder,
      params: { labelled: 30, threshold: 0.5 },
      inputs: { data: { folder: source.out } },
    })
    const { f1, labelled, kept, dropped } = result.metrics
    assert.equal({ f1, labelled, kept, dropped }, { f1: 1, labelled: 30, kept: 40, dropped: 20 })
    assert.match(result.summary, /F1 1\.000 on 10 unseen labels/)
    for (const { captions } of await readIndex(out)) assert.match(captions.join(), /^fields/)
  }))

test('files that are no data are counted in the summary, a warning and, but for litter, left_out.jsonl', () =>
  inTempFolder(async folder => {
    await put(folder, {
      'in/3/a.jpg': await picture(3),
      'in/.DS_Store': 'x',
      'in/3/._a.jpg': 'x',
      'in/3/a.bmp': 'x',
    })
    const path = join(folder, 'in')
    const { result, warnings, out } = await runStage('folder', { folder, params: { path }, files: { path } })
    assert.is(result.summary, '1 images, 1 captions, 3 left out')
    assert.equal(warnings, [
      "Left out 3: files of operating systems and editors 2 (the first is '.DS_Store'), files that are no images (.bmp) 1 (the first is '3/a.bmp')",
      "1 class is a number, such as '3', and captions made of classes say so; name them under class_names",
    ])
    assert.equal(
      (await readFile(join(out, 'left_out.jsonl'), 'utf8'))
        .trimEnd()
        .split('\n')
        .map(line => JSON.parse(line)),
      [{ reason: 'files that are no images (.bmp)', count: 1, first: '3/a.bmp' }],
    )
    const named = await runStage('folder', { folder, params: { path, class_names: { 3: 'a lake' } }, files: { path } })
    assert.is(named.warnings.length, 1)
  }))

test('bands and scale of a recipe make RGB of every source of files', () =>
  inTempFolder(async folder => {
    const values = [0, 900, 1600, 1200]
    const tiff = tiffFile({
      ...{ width: 16, height: 16, type: 'uint16', bands: 4, photometric: 1, extraSamples: [0, 0, 0] },
      value: band => values[band] ?? 0,
    })
    await put(folder, {
      'in/Lake/a.tif': tiff,
      'd.json': JSON.stringify({ images: [{ filename: 'a.tif', split: 'train', sentences: [{ raw: 'a lake' }] }] }),
      's.tar': await pack([
        ['a.tif', tiff],
        ['a.txt', 'a lake'],
      ]),
    })
    const table = join(folder, 't.parquet')
    parquetWriteFile({
      filename: table,
      columnData: [
        { name: 'image', data: [tiff], type: 'BYTE_ARRAY' },
        { name: 'caption', data: ['a lake'] },
      ],
    })
    const [path, json, shard] = [join(folder, 'in'), join(folder, 'd.json'), join(folder, 's.tar')]
    const sources = {
      folder: [{ path }, { path }],
      karpathy: [
        { json, images: path },
        { json, images: path },
      ],
      webdataset: [{ shards: shard }, { shards: [shard] }],
      parquet: [{ files: table, image: { kind: 'bytes', column: 'image' }, caption: 'caption' }, { tables: [table] }],
    } as const
    for (const kind of ['folder', 'karpathy', 'webdataset', 'parquet'] as const) {
      const [params, files] = sources[kind]
      const run = (more: object) => runStage(kind, { folder, params: { ...params, ...more }, files })
      const { out } = await run({ bands: [4, 3, 2], scale: [0, 2550] })
      const stored = JSON.parse(readFileSync(join(out, 'stored.json'), 'utf8'))
      assert.equal([stored.bands, stored.scale], [[4, 3, 2], [[0, 2550]]])
      for await (const { image } of readSamples(out)) {
        const { data } = await decodeImage(image, { name: kind })
        assert.ok(
          [120, 160, 90].every((value, i) => Math.abs(value - (data[i] ?? 0)) <= 2),
          `${kind} ${data.slice(0, 3)}`,
        )
      }
      const each = await run({
        bands: [4, 3, 2],
        scale: [
          [0, 1200],
          [0, 1600],
          [900, 1000],
        ],
      })
      for await (const { image } of readSamples(each.out)) {
        const { data } = await decodeImage(image, { name: kind })
        assert.ok(
          [255, 255, 0].every((value, i) => Math.abs(value - (data[i] ?? 0)) <= 2),
          `${kind} ${data.slice(0, 3)}`,
        )
      }
      assert.match(
        await messageOf(run({})),
        /(a\.tif|row 0).*it has 4 bands of 16-bit unsigned integers .* which of them are red, green and blue; name them by 'bands', such as/,
      )
      assert.match(
        await messageOf(run({ bands: [4, 3, 2] })),
        /does not say which values are black and white; give them by 'scale', such as scale: \[0, 3000\]/,
      )
      assert.match(
        await messageOf(run({ bands: [5, 3, 2], scale: [0, 2550] })),
        /(a\.tif|row 0).*it has 4 bands of 16-bit unsigned integers \(16 x 16 pixels\), and no band 5; name others under 'bands'/,
      )
    }
  }))

test('a source that gives no samples says what it holds', () =>
  inTempFolder(async folder => {
    const shard = join(folder, '0.tar')
    await writeFile(
      shard,
      await pack([
        ['.DS_Store', 'x'],
        ['0.jpg', 'no picture'],
        ['0.txt', 'x'],
      ]),
    )
    const run = runStage('webdataset', {
      folder,
      params: { shards: shard, max_corrupt: 1 },
      files: { shards: [shard] },
    })
    assert.match(
      await messageOf(run),
      /^No samples were made of source 'photos': it holds 1 corrupt, 1 files or rows left out; name other files/,
    )
  }))

test('fails beyond the limit and names the first', () =>
  inTempFolder(async folder => {
    const shard = join(folder, '0.tar')
    await shardOf(shard, 1, 3)
    const fail = (max_corrupt: number) =>
      messageOf(
        runStage('webdataset', { folder, params: { shards: [shard], max_corrupt }, files: { shards: [shard] } }),
      )
    assert.match(await fail(0), /^Cannot read image '1\.jpg': .* \(1 corrupt so far; max_corrupt allows 0\)$/)
    assert.match(
      await fail(2),
      /^3 images or records are corrupt, and max_corrupt allows 2; mend them or raise it\. The first:\n {2}Cannot read image '1\.jpg'.*\n {2}.*'2\.jpg'.*\n {2}.*'3\.jpg'/,
    )
  }))

test('scales by the filter that is named, and says how images are stored', () =>
  inTempFolder(async folder => {
    await put(folder, { 'in/Lake/a.jpg': await picture(3, 64, 48), 'in/Lake/b.jpg': await picture(5, 32, 32) })
    const path = join(folder, 'in')
    const pixels = new Map<string, Uint8Array>()
    for (const resize of ['nearest', 'linear', 'cubic', 'mitchell', 'lanczos2', 'lanczos3']) {
      const { out, result } = await runStage('folder', {
        folder,
        params: { path, tile_size: 32, resize },
        files: { path },
      })
      assert.equal([result.metrics.samples, result.metrics.copied], [2, 1])
      const stored = JSON.parse(readFileSync(join(out, 'stored.json'), 'utf8'))
      assert.equal(stored, { tile_size: 32, resize, jpeg_quality: 92, copied: 1, encoded: 1 })
      assert.not.ok(existsSync(join(out, 'failed.jsonl')))
      for await (const { image, facts } of readSamples(out))
        if (facts.file === 'Lake/a.jpg') {
          const { data, width, height } = await decodeImage(image, { name: resize })
          assert.equal([width, height], [32, 32])
          pixels.set(resize, data)
        }
    }
    const distinct = new Set([...pixels.values()].map(data => Buffer.from(data).toString('hex')))
    assert.is(distinct.size, 6)
  }))

test('the same files give the same bytes, however many images are in work', () =>
  inTempFolder(async folder => {
    const shard = join(folder, '0.tar')
    await shardOf(shard, 40, 5)
    const options = { folder, params: { shards: shard, max_corrupt: 5, tile_size: 24 }, files: { shards: [shard] } }
    const [one, other] = [await runStage('webdataset', options), await runStage('webdataset', options)]
    for (const file of ['shards/000000.tar', 'index.parquet', 'failed.jsonl', 'stored.json'])
      assert.is(Buffer.compare(readFileSync(join(one.out, file)), readFileSync(join(other.out, file))), 0, file)
  }))

testWithShared(test, 'data/ucm_captions', 'makes UCM-Captions a dataset with its own splits, images as they are', () =>
  inTempFolder(async folder => {
    const [json, images] = [sharedPath('data/ucm_captions/dataset.json'), sharedPath('data/ucm_captions/imgs')]
    const { result, out } = await runStage('karpathy', { folder, params: { json, images }, files: { json, images } })
    const { samples, captions, copied, train, val, test: held, corrupt } = result.metrics
    assert.equal([samples, captions, copied, corrupt], [2100, 10_500, 2100, 0])
    assert.equal([train, val, held], [1680, 210, 210])
    assert.is((await readIndex(out, 'test')).flatMap(sample => sample.captions).length, 1050)
  }),
)

test('parquet counts rows that have no image', () =>
  inTempFolder(async folder => {
    const { parquetWriteBuffer } = await import('hyparquet-writer')
    const table = join(folder, 'a.parquet')
    const columnData = [
      { name: 'key', type: 'STRING' as const, data: ['0', '1'] },
      { name: 'caption', type: 'STRING' as const, data: ['x', 'y'] },
      { name: 'status', type: 'STRING' as const, data: ['success', 'failed_to_resize'] },
    ]
    await writeFile(table, Buffer.from(parquetWriteBuffer({ columnData })))
    await writeFile(join(folder, 'a.tar'), await pack([['0.jpg', await picture(3)]]))
    const params = { files: table, image: { kind: 'tar' }, caption: 'caption' }
    const { result, warnings } = await runStage('parquet', {
      folder,
      params,
      files: { tables: [table], tars: [join(folder, 'a.tar')] },
    })
    assert.equal([result.metrics.samples, result.metrics.undownloaded, result.metrics.corrupt], [1, 1, 0])
    assert.equal(warnings, ['1 rows have no image, as the tables say: failed_to_resize 1'])
  }))

test.run()
