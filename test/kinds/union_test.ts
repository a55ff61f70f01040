/** Joined datasets, and a web filter that learns from two labelled sources. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { createDataset, readIndex, readSamples } from '../../runtime/data/dataset.ts'
import type { Sample } from '../../runtime/data/sample.ts'
import { picture, put } from '../data/readers/support.ts'
import { inTempFolder } from '../support.ts'
import { runStage } from './run_source.ts'

type Few = Pick<Sample, 'key' | 'split'> & Partial<Sample>

/** A dataset whose captions are its name and the keys; its images differ from those of others. */
async function write(folder: string, name: string, samples: readonly Few[]): Promise<string> {
  const dataset = await createDataset(join(folder, name))
  for (const sample of samples) {
    const image = await picture(name.length * 20)
    const facts = { file: `${sample.key}.jpg`, ...sample.facts }
    const rest = { captions: [`${name} ${sample.key}`], label: '', group: sample.key, masks: [] }
    await dataset.add({ ...rest, ...sample, facts, image, maskFiles: {} })
  }
  await dataset.close()
  return join(folder, name)
}

test('a union keeps splits, provenance and images, and gives keys that collide the name of their dataset', () =>
  inTempFolder(async folder => {
    const long = 'x'.repeat(62)
    const a = await write(folder, 'a', [
      { key: '1', split: '' },
      { key: '2', split: '', group: 'lake' },
      { key: long, split: '' },
    ])
    const b = await write(folder, 'bb', [
      { key: '1', split: 'test', overhead: true, facts: { dataset: 'older' } },
      { key: '2', split: 'train' },
      { key: 'a-1', split: 'test', group: 'lake' },
      { key: long, split: 'test' },
    ])
    const { result, out } = await runStage('union', {
      folder,
      params: { names: ['a', 'b'] },
      inputs: { 'data.0': { folder: a }, 'data.1': { folder: b, split: 'test' } },
    })
    assert.equal(result.metrics, { samples: 6, renamed: 4 })
    assert.is(result.summary, '6 samples of 2 datasets, 4 keys renamed')
    const rows = await readIndex(out)
    const [firstKey = '', , thirdKey = '', , , lastKey = ''] = rows.map(({ key }) => key)
    assert.equal(
      rows.map(({ key, split, group, captions, facts }) => [key, split, group, captions[0], facts.dataset]),
      [
        [firstKey, 'train', firstKey, 'a 1', 'a'],
        ['2', 'train', 'lake', 'a 2', 'a'],
        [thirdKey, 'train', thirdKey, `a ${long}`, 'a'],
        ['b-1', 'test', 'b-1', 'bb 1', 'older'],
        ['a-1', 'test', 'lake', 'bb a-1', 'b'],
        [lastKey, 'test', lastKey, `bb ${long}`, 'b'],
      ],
    )
    assert.match(firstKey, /^a-1-[0-9a-f]{8}$/)
    assert.equal([thirdKey.length, lastKey.length], [64, 64])
    assert.is(new Set(rows.map(({ key }) => key)).size, 6)
    assert.equal(
      rows.map(({ overhead }) => overhead),
      [undefined, undefined, undefined, true, undefined, undefined],
    )
    const images = new Map<string, Uint8Array>()
    for await (const { key, image } of readSamples(out)) images.set(key, image)
    for await (const { key, image } of readSamples(a, ''))
      assert.equal(images.get(key === '1' ? firstKey : key === '2' ? key : thirdKey), image)
    for await (const { key, image } of readSamples(b, 'test'))
      assert.equal(images.get(key === '1' ? 'b-1' : key === 'a-1' ? key : lastKey), image)
  }))

test('two labelled sources and one without labels make a web filter', () =>
  inTempFolder(async folder => {
    const source = async (name: string, shade: number, overhead?: boolean) => {
      const image = await picture(shade)
      const files = Array.from({ length: 24 }, (_, i) => [
        `${name}/${shade > 60 ? 'soup plate' : 'crop field'}/${i}.jpg`,
        image,
      ])
      await put(folder, Object.fromEntries(files))
      await mkdir(join(folder, `${name}.out`), { recursive: true })
      const path = join(folder, name)
      const params = { path, split: {}, ...(overhead !== undefined && { overhead }) }
      return (await runStage('folder', { folder, params, files: { path } })).out
    }
    const inputs = {
      'data.0': { folder: await source('views', 3, true) },
      'data.1': { folder: await source('others', 120, false) },
      'data.2': { folder: await source('web', 120) },
    }
    const names = ['views', 'others', 'web']
    const all = await runStage('union', { folder, params: { names }, inputs })
    assert.equal(all.result.metrics, { samples: 72, renamed: 48 })
    const { result } = await runStage('classifier', {
      folder,
      params: { labelled: 30, threshold: 0.5 },
      inputs: { data: { folder: all.out } },
    })
    const { f1, labelled, kept, dropped } = result.metrics
    assert.equal({ f1, labelled, kept, dropped }, { f1: 1, labelled: 30, kept: 24, dropped: 48 })
  }))

test.run()
