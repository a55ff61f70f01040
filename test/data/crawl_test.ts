import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { imagery, places } from '../../dsl/kinds/package_files.ts'
import { lettering } from '../../runtime/data/crawl/lettering.ts'
import { openWorld } from '../../runtime/data/crawl/world.ts'
import { makeCrawl } from '../../runtime/data/crawl.ts'
import { createDataset, readIndex } from '../../runtime/data/dataset.ts'
import { findContaminated } from '../../runtime/data/filters/decontaminate.ts'
import { hashDataset } from '../../runtime/data/filters/phash.ts'
import { decodeImage } from '../../runtime/data/image.ts'
import type { SampleFiles } from '../../runtime/data/sample.ts'
import type { AnyContext } from '../../runtime/kinds/context.ts'
import { runKind } from '../kinds/run_kind.ts'
import { inTempFolder, projectRoot } from '../support.ts'

const packageFile = (name: string): string => join(projectRoot, 'node_modules', name)
const files = {
  photo: packageFile(imagery.photo),
  water: packageFile(imagery.water),
  relief: packageFile(imagery.relief),
  night: packageFile('three-globe/example/img/earth-night.jpg'),
  dark: packageFile('three-globe/example/img/earth-dark.jpg'),
  sky: packageFile('three-globe/example/img/night-sky.png'),
  countries: packageFile(places.countries),
  table: join(projectRoot, 'recipes/data/landmarks.geojson'),
}
const world = await openWorld(files)
const options = { samples: 160, overhead: 0.5, wrongText: 0.1, tileSize: 64, seed: 3 }
const crawl = await collect(makeCrawl(world, options))

async function collect(samples: AsyncIterable<SampleFiles>): Promise<readonly SampleFiles[]> {
  const all: SampleFiles[] = []
  for await (const sample of samples) all.push(sample)
  return all
}

async function store(folder: string, samples: readonly SampleFiles[]): Promise<string> {
  const dataset = await createDataset(folder)
  for (const sample of samples) await dataset.add(sample)
  await dataset.close()
  return folder
}

async function contextOf(
  folder: string,
  { params, inputs }: Pick<AnyContext, 'params' | 'inputs'>,
): Promise<AnyContext> {
  await mkdir(folder, { recursive: true })
  const report = { progress: () => {}, log: () => {}, warn: () => {} }
  return {
    id: 'test',
    params,
    inputs,
    files: {},
    settings: {},
    out: folder,
    checkpoints: folder,
    engine: 'cpu',
    report,
    signal: new AbortController().signal,
  }
}

test('the same seed gives the same bytes; another seed gives others', async () => {
  const few = { ...options, samples: 12 }
  const [a, b] = [await collect(makeCrawl(world, few)), await collect(makeCrawl(world, few))]
  assert.equal(a, b)
  const other = await collect(makeCrawl(world, { ...few, seed: 4 }))
  assert.not.equal(
    a.map(sample => sample.captions),
    other.map(sample => sample.captions),
  )
})

test('the crawl holds the shares that were asked for', () => {
  const views = crawl.filter(sample => sample.overhead)
  assert.is(crawl.length, 160)
  assert.is(views.length, 80)
  assert.is(views.filter(sample => sample.facts.text === 'wrong').length, 8)
  assert.ok(crawl.every(({ overhead, facts }) => overhead === (facts.made === 'view')))
  assert.ok(new Set(crawl.map(sample => sample.facts.made)).size >= 10, 'many kinds of decoys')
  assert.ok(crawl.some(sample => sample.facts.text === 'misleading'))
  assert.ok(crawl.every(sample => sample.captions.length === 1 && sample.split === ''))
})

test('copies repeat their original at another size', async () => {
  const copies = crawl.filter(sample => sample.facts.copy_of !== undefined)
  assert.ok(copies.length > 0)
  for (const copy of copies) {
    const original = crawl.find(sample => sample.key === copy.facts.copy_of)
    const [a, b] = await Promise.all(
      [copy, original].map(s => decodeImage(s?.image ?? new Uint8Array(), { name: 's' })),
    )
    const ratio = (raster: typeof a) => (raster === undefined ? 0 : raster.width / raster.height)
    assert.ok(Math.abs(ratio(a) / ratio(b) - 1) < 0.1, 'same proportions')
    assert.is(copy.facts.made, original?.facts.made)
  }
})

test('a sample alone has no other text to borrow', async () => {
  const [only] = await collect(makeCrawl(world, { ...options, samples: 1, overhead: 1, wrongText: 1 }))
  assert.not.equal(only?.facts.text, 'wrong')
})

test('lettering is drawn without fonts and passes over unknown letters', () => {
  const path = (text: string) => lettering(text, { x: 0, top: 0, height: 7, fill: '#000' })
  assert.match(path('-'), /d="M0\.00 3\.00h1\.00v1\.00h-1\.00zM1\.00 3\.00.*" fill="#000"/)
  assert.is(path('é'), path('E'))
  assert.is(path('漠'), '<path d="" fill="#000" fill-opacity="1"/>')
})

test('the filters drop what they should, one after the other, and tell why', () =>
  inTempFolder(async folder => {
    const at = (name: string) => join(folder, name)
    const web = await store(at('web'), crawl)
    const data = (name: string) => ({ data: { folder: at(name) } })

    const ruleParams = {
      min_words: 2,
      max_words: 60,
      blocked_words: ['wallpaper'],
      min_side: 32,
      max_aspect: 3,
      min_contrast: 4,
    }
    const rules = await runKind('rules', await contextOf(at('rules'), { params: ruleParams, inputs: data('web') }))
    const afterRules = await readIndex(at('rules'))
    assert.is(rules.metrics.kept, afterRules.length)
    assert.is((rules.metrics.kept ?? 0) + (rules.metrics.dropped ?? 0), crawl.length)
    assert.ok(afterRules.every(({ captions }) => !/\bwallpaper\b/i.test(captions[0] ?? '')))

    const params = { labelled: 60, threshold: 0.5, seed: 1 }
    const classifier = await runKind('classifier', await contextOf(at('overhead'), { params, inputs: data('rules') }))
    assert.ok((classifier.metrics.f1 ?? 0) > 0.7, `F1 ${classifier.metrics.f1} after 60 labels`)
    const tooMany = await contextOf(at('x'), { params: { ...params, labelled: 1000 }, inputs: data('rules') })
    const refusal = await runKind('classifier', tooMany).catch((error: Error) => error.message)
    assert.match(String(refusal), /Only \d+ samples carry a human label, not 1000: lower 'labelled', or label more/)

    const dedup = await runKind(
      'dedup',
      await contextOf(at('unique'), { params: { distance: 4 }, inputs: data('overhead') }),
    )
    assert.ok((dedup.metrics.dropped ?? 0) > 0, 'the crawl repeats itself')

    const planted = crawl.filter(sample => sample.key === afterRules.at(-1)?.key).map(s => ({ ...s, split: 'test' }))
    const others = crawl.slice(0, 1).map(s => ({ ...s, key: 'train-only', split: 'train' }))
    await store(at('evaluation'), [...planted, ...others])
    const inputs = { ...data('web'), 'against.0': { folder: at('evaluation'), split: 'test' } }
    const clean = await runKind('decontaminate', await contextOf(at('clean'), { params: { distance: 0 }, inputs }))
    const keys = new Set((await readIndex(at('clean'))).map(sample => sample.key))
    assert.not.ok(keys.has(planted[0]?.key ?? ''), 'the planted image is gone')
    const [hashes, against] = [await hashDataset(web), await hashDataset(at('evaluation'), 'test')]
    const found = findContaminated(
      hashes.map(h => h.hash),
      { against: against.map(h => h.hash), distance: 0 },
    )
    assert.is(clean.metrics.dropped, found.filter(Boolean).length)

    const figures = clean.exhibits.find(exhibit => exhibit.kind === 'figures')
    assert.ok(
      figures?.kind === 'figures' && figures.items.some(item => item.tag?.text === 'repeats an evaluation image'),
    )

    const tokenizer = await contextOf(at('tokenizer'), {
      params: { vocab_size: 320 },
      inputs: { 'data.0': { folder: web } },
    })
    assert.is((await runKind('tokenizer', tokenizer)).metrics.vocab_size, 320)
  }))

test('a filter that keeps nothing says so', () =>
  inTempFolder(async folder => {
    await store(join(folder, 'web'), crawl.slice(0, 3))
    const params = { min_words: 50, max_words: 60, blocked_words: [], min_side: 1, max_aspect: 99, min_contrast: 0 }
    const context = await contextOf(join(folder, 'out'), { params, inputs: { data: { folder: join(folder, 'web') } } })
    const refusal = await runKind('rules', context).catch((error: Error) => error.message)
    assert.is(refusal, 'None of 3 samples is kept: text too short (3); loosen what drops them')
  }))

test.run()
