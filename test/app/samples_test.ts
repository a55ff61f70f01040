/** The samples of a recipe that has run, as a list: conditions, order, pages, thumbnails. */
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { run } from '../../runtime/app/run.ts'
import type { SampleRow } from '../../runtime/app/sample_record.ts'
import { type SamplesOptions, samples } from '../../runtime/app/samples.ts'
import { writeThumbnails } from '../../runtime/app/thumbnails.ts'
import { createRecord } from '../../runtime/data/record_table.ts'
import { inTempFolder } from '../support.ts'

const recipe = `name: r
sources:
  web: { kind: folder, path: web, tile_size: 300, split: { test: 0 } }
  seen: { kind: folder, path: seen, tile_size: 300, split: { test: 0.5 } }
  unseen: { kind: folder, path: unseen, split: { test: 0 } }
filters:
  plausible: { kind: rules, from: web, min_words: 2 }
  clean: { kind: decontaminate, from: plausible, against: [unseen, seen.test, seen.train] }
`

/** Pictures of waves: equal numbers give equal pictures, and one below 3 a flat one. */
async function writePicture(file: string, wave: number): Promise<void> {
  await mkdir(join(file, '..'), { recursive: true })
  const side = 48
  const pixels = Uint8Array.from({ length: 3 * side * side }, (_, at) => {
    const [x, y] = [(Math.floor(at / 3) % side) / side, Math.floor(at / 3 / side) / side]
    return 128 + (wave < 3 ? 0 : 100 * Math.cos((wave % 5) * 3 * x + wave * 2 * y + wave))
  })
  await sharp(pixels, { raw: { width: side, height: side, channels: 3 } })
    .png()
    .toFile(file)
}

async function writeRecipe(folder: string): Promise<{ readonly file: string; readonly store: string }> {
  for (let i = 0; i < 12; i++)
    await writePicture(join(folder, i === 3 || i === 4 ? 'web/sea' : 'web/salt lake', `${i}.png`), i)
  for (const i of [5, 6]) await writePicture(join(folder, `seen/lake/${i}.png`), i)
  await writePicture(join(folder, 'unseen/lake/0.png'), 31)
  const file = join(folder, 'r.yaml')
  await writeFile(file, recipe)
  return { file, store: join(folder, 'store') }
}

test('samples of sources and filters are listed by conditions, in pages, with thumbnails', () =>
  inTempFolder(async folder => {
    const { file, store } = await writeRecipe(folder)
    const list = async (name: string, options: SamplesOptions = {}) => {
      const found = await samples(file, name, { store, ...options })
      const rows: SampleRow[] = []
      for await (const row of found.rows()) rows.push(row)
      return { ...found, rows, keys: rows.map(({ key }) => key) }
    }
    const fault = (name: string, options: SamplesOptions = {}) =>
      list(name, options).then(
        () => 'none',
        (error: Error) => error.message,
      )
    assert.match(await fault('plausible'), /^'plausible' is not done, so it has no samples yet; run 'terroir run/)
    assert.is((await run(file, { store })).outcome, 'done')

    const all = await list('plausible')
    assert.equal([all.total, all.matching, all.rows.length], [12, 12, 12])
    const dropped = await list('plausible', { kept: false })
    assert.equal(dropped.rows.map(({ reason }) => reason).sort(), [
      'image blank',
      'image blank',
      'image blank',
      'text too short',
      'text too short',
    ])
    assert.equal((await list('plausible', { kept: true })).matching, 7)
    assert.equal(
      (await list('plausible', { reason: 'text too short' })).keys,
      dropped.rows.filter(({ contrast }) => Number(contrast) > 4).map(({ key }) => key),
    )
    const wide = { where: ['width>=300', 'reason=none'], sort: 'contrast', descending: true }
    const sorted = await list('plausible', wide)
    assert.is(sorted.matching, 7)
    const contrasts = sorted.rows.map(({ contrast }) => Number(contrast))
    assert.equal(
      contrasts,
      contrasts.toSorted((a, b) => b - a),
    )
    const page = await list('plausible', { ...wide, limit: 3, page: 3, columns: ['key'] })
    assert.equal(
      page.rows,
      sorted.keys.slice(6).map(key => ({ key })),
    )
    assert.equal([page.first, page.matching, page.total], [6, 7, 12])

    const clean = await list('clean', { kept: false })
    assert.equal(clean.rows.map(({ against }) => against).sort(), ['seen.test', 'seen.train'])
    assert.equal((await list('clean', { where: ['against=seen.test'] })).matching, 1)
    assert.equal((await list('clean', { where: ['against~SEEN.'] })).matching, 2)
    assert.equal((await list('clean', { where: ['distance=none'], split: 'train' })).matching, 5)
    assert.equal((await list('seen.test')).matching, 1)
    assert.equal((await list('web', { where: ['captions~LAKE', 'label=salt lake'] })).matching, 10)

    const to = join(folder, 'thumbnails')
    const large = await samples(file, 'plausible', { store, kept: true, limit: 2 })
    assert.is(await writeThumbnails(large, to), 2)
    assert.equal(
      (await readdir(to)).sort(),
      sorted.keys
        .map(key => `${key}.jpg`)
        .sort()
        .slice(0, 2),
    )
    const { width, height, format } = await sharp(join(to, (await readdir(to))[0] ?? '')).metadata()
    assert.equal([width, height, format], [256, 256, 'jpeg'])
    const again = await writeThumbnails(large, to).catch((error: Error) => error.message)
    assert.match(String(again), /thumbnails" is not empty, and nothing is overwritten/)

    assert.is(await fault('plausibel'), "The recipe has no stage 'plausibel'; write 'plausible'")
    assert.is(await fault('clean', { where: ['distence<3'] }), "There is no column 'distence'; write 'distance'")
    assert.is(await fault('clean', { columns: ['kee'] }), "There is no column 'kee'; write 'key'")
    assert.is(await fault('clean', { sort: 'twinn' }), "There is no column 'twinn'; write 'twin'")
    assert.is(
      await fault('clean', { where: ['distance~3'] }),
      "'~' in 'distance~3' is no operator for 'distance', a column of numbers; number columns take = != < <= > >=",
    )
    assert.is(
      await fault('clean', { where: ['kept=yes'] }),
      "'yes' in 'kept=yes' does not fit 'kept', a column of booleans; write 'true', 'false', or 'none' for an empty cell",
    )
    assert.is(
      await fault('clean', { where: ['distance<few'] }),
      "'few' in 'distance<few' does not fit 'distance', a column of numbers; write a number, or 'none' for an empty cell",
    )
    assert.match(await fault('clean', { where: ['distance'] }), /^The condition 'distance' has no operator/)
    assert.is(
      await fault('plausible', { reason: 'image blnk' }),
      "No sample is dropped for 'image blnk'; write 'image blank'",
    )
    assert.match(await fault('web', { kept: true }), /^'web' does not record which samples are kept/)
    assert.match(await fault('web', { sort: 'captions' }), /^'captions' holds lists, which have no order/)
    assert.is(await fault('web', { limit: 5, page: 4 }), 'There is no page 4; the last is 3')
  }))

test('rows of a record come in any order, from any of its groups', () =>
  inTempFolder(async folder => {
    const file = join(folder, 'x.parquet')
    const record = createRecord(file, { key: { type: 'text', about: 'A.' }, n: { type: 'integer', about: 'B.' } })
    for (let i = 0; i < 30_000; i++) record.add({ key: `k${i}`, n: (i * 7919) % 30_000 })
    record.close()
    const { openSampleRecord } = await import('../../runtime/app/sample_record.ts')
    const { selectSamples } = await import('../../runtime/app/select_samples.ts')
    const opened = await openSampleRecord(file, { inputName: () => '' })
    const numbers = await selectSamples(opened, { conditions: [], order: { column: 'n', descending: false } })
    let expected = 0
    for await (const { n } of opened.read(numbers, ['n'])) assert.is(n, expected++)
    assert.is(expected, 30_000)
  }))

test.run()
