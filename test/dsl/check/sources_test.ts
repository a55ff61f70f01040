/** Checks of models with weights and of sources of files. */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { edited, faultTexts, loadTexts } from '../support.ts'

const faults = async (recipe: string, files: { readonly [name: string]: string }): Promise<readonly string[]> =>
  faultTexts(await loadTexts({ 'r.yaml': recipe, ...files }))

const weights = { 'w.safetensors': '', 't.json': '' }
const clip = (model: string, change: (recipe: string) => string) =>
  change(edited('models:\n', `models:\n  clip: { kind: openclip, ${model}, tokenizer: t.json }\n`))
const proper = 'weights: w.safetensors'

test('a model with weights is measured as it is', async () => {
  const measured = (recipe: string) => recipe.replace('model: pretrain, data', 'model: clip, data')
  assert.equal(await faults(clip(proper, measured), weights), [])
  assert.equal(await faults(clip('weights: w.pt', measured), { ...weights, 'w.pt': '' }), ['unreadable-file w.pt'])
})

test('a model without a decoder neither learns nor writes captions', async () => {
  const line =
    '  tune: { model: clip, caption_weight: WEIGHT, phases: [{ name: a, data: clean, samples: 1k, learning_rate: 1 }] }\n'
  const tuned = (weight: string) =>
    clip(proper, recipe => recipe.replace('train:\n', `train:\n${line.replace('WEIGHT', weight)}`))
  const of = async (weight: string) => (await faults(tuned(weight), weights)).filter(text => text.startsWith('wrong'))
  assert.equal(await of('0'), [])
  assert.equal(await of('0.5'), ['wrong-kind 0.5'])
  const writing = clip(proper, recipe =>
    recipe
      .replace('kind: retrieval, model: pretrain, data', 'kind: captioning, model: clip, data')
      .replace(/claims:[\s\S]*/, ''),
  )
  assert.equal(await faults(writing, weights), ['wrong-kind clip'])
})

test('a model without attention pooling is neither distilled nor localised', async () => {
  const localised = clip(proper, recipe => recipe.replace('model: localise\n', 'model: clip\n'))
  assert.equal(await faults(localised, weights), ['wrong-kind clip'])
  const distilled = clip(proper, recipe => recipe.replace('model: pretrain\n', 'model: clip\n'))
  assert.equal(await faults(distilled, weights), ['wrong-kind clip', 'wrong-kind localise'])
})

/** The small recipe with sources of folders, one of which trains and one of which is measured on. */
const twins = (first: string, second: string, data: string) =>
  edited(
    'sources:\n',
    `sources:\n  one: { kind: folder, path: photos, ${first} }\n  two: { kind: folder, path: ${second} }\n`,
  )
    .replace('data: clean,', 'data: one,')
    .replace('model: pretrain, data: places.test', `model: pretrain, data: ${data}`)
const files = { 'photos/a.jpg': '', 'others/a.jpg': '' }

test('two sources of the same files share their images, but for splits that are drawn alike', async () => {
  const split = 'split: { test: 0.2, val: 0 }'
  const of = async (recipe: string) => (await faults(recipe, files)).filter(text => text.startsWith('leaking'))
  assert.equal(await of(twins(split, `photos, ${split}`, 'two.test')), [])
  assert.equal(await of(twins(split, `photos, ${split}`, 'two.train')), ['leaking-split two.train'])
  assert.equal(await of(twins(split, 'photos, split: { test: 0.3, val: 0 }', 'two.test')), ['leaking-split two.test'])
  assert.equal(await of(twins(split, `others, ${split}`, 'two.train')), [])
})

test('bands are three whole numbers from 1, and values of black are below those of white', async () => {
  const kinds = {
    folder: 'path: photos',
    karpathy: 'json: d.json, images: photos',
    webdataset: 'shards: a.tar',
    parquet: 'files: a.parquet',
  }
  const all = { ...files, 'd.json': '', 'a.tar': '', 'a.parquet': '' }
  for (const [kind, fields] of Object.entries(kinds)) {
    const of = (more: string) =>
      faults(edited('sources:\n', `sources:\n  deep: { kind: ${kind}, ${fields}, ${more} }\n`), all)
    const proper = ['unused-entry deep']
    const meant = ['out-of-range scale', ...proper]
    assert.equal(await of('bands: [4, 3, 2], scale: [0, 3000]'), proper)
    assert.equal(await of('bands: [1, 1, 1], scale: [[-0.5, 1], [0, 9], [100, 2000.5]]'), proper)
    assert.equal(await of('bands: [4, 3]'), ['out-of-range [4, 3]'])
    assert.equal(await of('bands: [4, 3, 2, 1]'), ['out-of-range [4, 3, 2, 1]'])
    assert.equal(await of('bands: [0, 1, 2]'), ['out-of-range 0'])
    assert.equal(await of('bands: [1.5, 1, 2]'), ['type-mismatch 1.5'])
    assert.equal(await of('bands: 4'), ['type-mismatch 4 -> [4]'])
    assert.equal(await of('scale: [3000, 0]'), meant)
    assert.equal(await of('scale: [7, 7]'), meant)
    assert.equal(await of('scale: [3000]'), ['out-of-range [3000]'])
    assert.equal(await of('scale: [0, 1, 2]'), meant)
    assert.equal(await of('scale: [[0, 1], [0, 2]]'), meant)
    assert.equal(await of('scale: [[0, 1], [2, 0], [0, 1]]'), ['out-of-range [2, 0]', ...proper])
    assert.equal(await of('scale: [0, [1, 2], 3]'), meant)
    assert.equal(await of('scale: [0, x]'), ['type-mismatch x -> [x]'])
  }
  const { diagnostics } = await loadTexts({
    'r.yaml': edited('sources:\n', 'sources:\n  deep: { kind: folder, path: photos, scale: [9, 1] }\n'),
    ...files,
  })
  assert.match(diagnostics[0]?.message ?? '', /^'scale' is \[9, 1\]; the value of black is below that of/)
})

test('splits that folders say must have a folder', async () => {
  const measured = (part: string) => twins('split: { test: 0.2, val: 0 }', 'sets, split: folders', `two.${part}`)
  const sets = { ...files, 'sets/train/a.jpg': '', 'sets/testing/a.jpg': '', 'sets/other/a.jpg': '' }
  const of = async (part: string, more = {}) =>
    (await faults(measured(part), { ...sets, ...more })).filter(text => text.startsWith('unknown-split'))
  assert.equal(await of('train'), [])
  assert.equal(await of('val'), ['unknown-split two.val'])
  assert.equal(await of('val', { 'sets/validation/a.jpg': '' }), [])
})

test.run()
