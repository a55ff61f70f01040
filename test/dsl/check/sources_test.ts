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
