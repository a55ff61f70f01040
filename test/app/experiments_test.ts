import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import sharp from 'sharp'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { keyScheme } from '../../dsl/compile/keys.ts'
import { lockLayout } from '../../dsl/compile/lock_text.ts'
import { experiments } from '../../runtime/app/experiments.ts'
import { run } from '../../runtime/app/run.ts'
import { readVariants, variantName } from '../../runtime/app/variants.ts'
import { axisPlot } from '../../runtime/report/axis_plot.ts'
import { defaultColumns, experimentColumns } from '../../runtime/report/experiment_table.ts'
import { csvText, latexText, markdownText } from '../../runtime/report/table_formats.ts'
import { inTempFolder, projectRoot } from '../support.ts'

/** A lock of stages with a parameter `rate` and a metric. */
function lockText(name: string, stages: { readonly [id: string]: readonly [number, number] }): string {
  const items = Object.entries(stages).flatMap(([id, [rate, recall]]) => [
    [`stage ${id} key`, id],
    [`stage ${id} kind`, 'retrieval@1'],
    [`stage ${id} output`, id],
    [`stage ${id} parameter:rate`, rate],
    [`stage ${id} metric:mean_recall`, recall],
  ])
  return JSON.stringify(
    Object.fromEntries([
      ['name', name],
      ['recipe', name],
      ['version', lockLayout],
      ['key scheme', keyScheme],
      ...items,
    ]),
  )
}

test('cells are rows, seeds are joined into mean and deviation', () =>
  inTempFolder(async folder => {
    const lock = lockText('sweep', {
      'ucm@lr=0.1,seed=1': [0.1, 10],
      'ucm@lr=0.1,seed=2': [0.1, 14],
      'ucm@lr=0.2,seed=1': [0.2, 20],
      'ucm@lr=0.2,seed=2': [0.2, 20],
      web: [7, 1],
    })
    await writeFile(join(folder, 'sweep.lock'), lock)
    const rows = await experiments([folder], { store: join(folder, 'none') })
    assert.equal(
      rows.map(({ axes, metrics }) => [[...axes], metrics.get('ucm.mean_recall'), metrics.get('web.mean_recall')]),
      [
        [[['lr', '0.1']], { value: 12, count: 2, deviation: Math.sqrt(8) }, { value: 1, count: 1 }],
        [[['lr', '0.2']], { value: 20, count: 2, deviation: 0 }, { value: 1, count: 1 }],
      ],
    )
    const shown = defaultColumns(rows)
    // `ucm.rate` says again what the axis says, and `web.rate` is the same in both.
    assert.equal(
      shown.map(({ name }) => name),
      ['recipe', 'lr', 'ucm.mean_recall', 'web.mean_recall'],
    )
    assert.equal(
      rows.map(row => shown.map(column => column.text(row))),
      [
        ['sweep', '0.1', '12.00 ± 2.83 (2)', '1.00'],
        ['sweep', '0.2', '20.00 ± 0.00 (2)', '1.00'],
      ],
    )
  }))

test('parameters that differ between recipes are columns, those that change together are one', () =>
  inTempFolder(async folder => {
    await writeFile(join(folder, 'a.lock'), lockText('a', { ucm: [1, 5], other_name: [1, 5] }))
    await writeFile(join(folder, 'b.lock'), lockText('b', { ucm: [2, 6], other_name: [2, 6] }))
    const rows = await experiments([folder], { store: join(folder, 'none') })
    const names = defaultColumns(rows).map(({ name }) => name)
    assert.equal(names, ['recipe', 'ucm.rate', 'ucm.mean_recall', 'other_name.mean_recall'])
    assert.ok(experimentColumns(rows).some(({ name }) => name === 'other_name.rate'))
  }))

test('earlier commits of a lock are rows, the present one is told once', () =>
  inTempFolder(async folder => {
    const git = (...args: readonly string[]) => execa('git', ['-C', folder, ...args])
    await git('init', '-q', '-b', 'main')
    await git('config', 'user.email', 'a@b.c')
    await git('config', 'user.name', 'a')
    for (const recall of [1, 2, 3]) {
      await writeFile(join(folder, 'a.lock'), lockText('a', { ucm: [1, recall] }))
      await git('add', '.')
      await git('commit', '-q', '-m', String(recall))
    }
    const recalls = async (commits: number) =>
      (await experiments([join(folder, 'a.lock')], { store: join(folder, 'none'), commits })).map(
        ({ metrics, commit }) => [metrics.get('ucm.mean_recall')?.value, commit !== undefined],
      )
    assert.equal(await recalls(1), [
      [3, false],
      [2, true],
    ])
    await writeFile(join(folder, 'a.lock'), lockText('a', { ucm: [1, 4] }))
    assert.equal(await recalls(2), [
      [4, false],
      [3, true],
      [2, true],
    ])
  }))

test('a thousand experiments are listed', () =>
  inTempFolder(async folder => {
    for (let index = 0; index < 1000; index++)
      await writeFile(join(folder, `r${index}.lock`), lockText(`r${index}`, { ucm: [index, index] }))
    const rows = await experiments([folder], { store: join(folder, 'none') })
    assert.is(rows.length, 1000)
    assert.is(defaultColumns(rows).length, 3)
  }))

const recipe = `name: photos
params: { words: 2 }
sources:
  photos: { kind: folder, path: photos, captions: captions.csv }
filters:
  plausible: { kind: rules, from: photos, min_words: "\${params.words}" }
`

test('a run with changed values leaves a record and a report; clean keeps their results until they are dropped', () =>
  inTempFolder(async folder => {
    const photos = join(folder, 'photos')
    await mkdir(photos)
    for (const number of [1, 2, 3]) {
      const noise = Buffer.from(Uint8Array.from({ length: 48 * 48 * 3 }, (_, index) => (index * number * 37) % 256))
      await sharp(noise, { raw: { width: 48, height: 48, channels: 3 } }).toFile(join(photos, `${number}.png`))
    }
    await writeFile(join(photos, 'captions.csv'), 'image,caption\n1.png,a\n2.png,a b\n3.png,a b c\n')
    const file = join(folder, 'recipe.yaml')
    await writeFile(file, recipe)
    const store = join(folder, '.terroir')
    await run(file, { store })
    const set = ['params.words=3']
    const { report = '' } = await run(file, { store, set })
    assert.is(report, join(store, 'reports/photos+params.words=3/index.html'))
    assert.match(await readFile(report, 'utf8'), /<title>photos<\/title>/)
    const [record] = await readVariants(store)
    assert.is(record?.name, variantName('photos', set))
    const rows = await experiments([file], { store })
    assert.equal(
      rows.map(row => [row.set, row.metrics.get('plausible.kept')?.value]),
      [
        [[], 2],
        [set, 1],
      ],
    )
    // The run as written comes last, so that only the record names what the variant made.
    await run(file, { store })
    const cli = join(projectRoot, 'dist/runtime/cli/main.js')
    const clean = (...flags: readonly string[]) => execa('node', [cli, 'clean', '--yes', ...flags], { cwd: folder })
    assert.not.match((await clean()).stdout, /^result /m)
    assert.match((await clean('--drop-variants')).stdout, /^result .* plausible /m)
    assert.equal(await readVariants(store), [])
  }))

test('names of variants are files that tell what was set', () => {
  assert.is(variantName('a', ['params.pairs=2k']), 'a+params.pairs=2k')
  assert.match(variantName('a', ['params.data=/x/y z']), /^a\+params\.data=-x-y-z-[0-9a-f]{8}$/)
  const long = variantName('a', [`params.note=${'n'.repeat(300)}`])
  assert.ok(long.length <= 120)
  assert.is.not(long, variantName('a', [`params.note=${'n'.repeat(301)}`]))
})

test('tables are CSV, Markdown and LaTeX', () => {
  const table = { titles: ['a_b', 'n'], rows: [['x|"y", 5 %', '1 ± 2']], numbers: new Set([1]) }
  assert.is(csvText(table), 'a_b,n\r\n"x|""y"", 5 %",1 ± 2')
  assert.is(markdownText(table), '| a\\_b | n |\n| --- | ---: |\n| x\\|"y", 5 % | 1 ± 2 |')
  assert.match(latexText(table), /\\begin\{tabular\}\{lr\}[\s\S]* {2}x\|"y", 5 \\% & 1 \$\\pm\$ 2 \\\\/)
})

test('a plot has a point for each experiment at its place', async () => {
  const points = [
    { x: 1, y: 10, deviation: 1, series: 'a' },
    { x: 2, y: 20, series: 'a' },
    { x: 4, y: 15, series: '<b>' },
  ]
  const svg = axisPlot(points, { x: 'lr', y: 'recall' })
  assert.is(svg.match(/<circle/g)?.length, 3)
  const at = [...svg.matchAll(/<circle cx="([\d.]+)"/g)].map(([, x]) => Number(x))
  const [first = 0, second = 0, third = 0] = at
  assert.ok(Math.abs(second - first - (third - first) / 3) < 0.02)
  assert.not.match(svg, /<b>/)
  const { width } = await sharp(Buffer.from(svg)).metadata()
  assert.is(width, 640)
})

test.run()
