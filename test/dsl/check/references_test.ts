import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { edited, faultTexts, loadTexts, smallRecipe } from '../support.ts'

const faults = async (recipe: string): Promise<readonly string[]> => faultTexts(await loadTexts({ 'r.yaml': recipe }))
const faultsBy = (old: string, now: string) => faults(edited(old, now))

test('the small recipe has no faults', async () => {
  assert.equal(await faults(smallRecipe), [])
})

test('a name that is not there, with the one that was meant', async () => {
  assert.equal(await faultsBy('from: web', 'from: wbe'), ['unknown-reference wbe -> web'])
  assert.equal(await faultsBy('from: web', 'from: something'), ['unknown-reference something'])
  assert.equal(await faultsBy('against: [places.test]', 'against: [place.test]'), [
    'unknown-reference place.test -> places.test',
  ])
  assert.equal(await faultsBy('model: pretrain, data', 'model: pretrian, data'), [
    'unknown-reference pretrian -> pretrain',
  ])
  assert.equal(await faultsBy('model: tiny', 'model: tniy'), ['unknown-reference tniy -> tiny'])
  assert.equal(await faultsBy('{ places: 3,', '{ palces: 3,'), ['unknown-reference palces -> places'])
  assert.equal(await faultsBy('from: [places, clean]', 'from: [places, claen]'), ['unknown-reference claen -> clean'])
})

test('an entry of the wrong kind, with what was probably meant', async () => {
  assert.equal(await faultsBy('model: pretrain, data', 'model: tiny, data'), ['wrong-kind tiny -> pretrain'])
  assert.equal(await faultsBy('model: pretrain, data', 'model: places, data'), ['wrong-kind places'])
  assert.equal(await faultsBy('from: web', 'from: tiny'), ['wrong-kind tiny'])
  assert.equal(await faultsBy('model: pretrain\n', 'model: retrieval\n'), ['wrong-kind retrieval'])
  const again = edited(
    'distill:\n',
    '  again: { model: pretrain, phases: [{ name: a, data: clean, samples: 1k, learning_rate: 1 }] }\ndistill:\n',
  )
  assert.equal(await faults(again), ['wrong-kind pretrain -> tiny'])
})

test('splits that a dataset has', async () => {
  assert.equal(await faultsBy('data: places.test }', 'data: places.tset }'), [
    'unknown-split places.tset -> places.test',
  ])
  assert.equal(await faultsBy('data: clean,', 'data: clean.train,'), ['unknown-split clean.train -> clean'])
  const empty = edited(
    'imagery: blue-marble\n    ground_sizes',
    'imagery: blue-marble\n    split: { val: 0 }\n    ground_sizes',
  )
  assert.equal(await faults(empty.replace('data: places.test }', 'data: places.val }')), ['unknown-split places.val'])
})

test('a split of a filter whose own reference is at fault is not told, too', async () => {
  const recipe = edited('filters:\n', 'filters:\n  some: { kind: dedup, from: places.tset }\n')
  assert.equal(await faults(recipe.replace('data: places.test }', 'data: some.test }')), [
    'unknown-split places.tset -> places.test',
  ])
})

test('phases and rounds that a model has', async () => {
  assert.equal(await faultsBy('model: pretrain, data', 'model: pretrain.mxi, data'), [
    'unknown-phase pretrain.mxi -> pretrain.mix',
  ])
  assert.equal(await faultsBy('model: pretrain, data', 'model: pretrain.other, data'), ['unknown-phase pretrain.other'])
  for (const round of ['0', '3', 'x', '01'])
    assert.equal(await faultsBy('model: localise\n', `model: localise.${round}\n`), [`unknown-round localise.${round}`])
  assert.equal(await faultsBy('model: localise\n', 'model: localise.2\n'), [])
})

test('names are given once', async () => {
  assert.equal((await faults(smallRecipe.replaceAll('clean', 'web'))).slice(0, 1), ['duplicate-name web'])
  assert.equal(await faultsBy('{ name: mix,', '{ name: first,'), ['duplicate-name first'])
  const { diagnostics } = await loadTexts({ 'r.yaml': edited('{ name: mix,', '{ name: first,') })
  const [first] = diagnostics[0]?.related ?? []
  assert.ok(
    (first?.span.start ?? 0) < (diagnostics[0]?.span.start ?? 0),
    'the second is at fault, the first is related',
  )
})

test('a circle is told once, at the reference that turns it round', async () => {
  assert.equal(await faultsBy('from: web', 'from: clean'), ['dependency-cycle clean'])
  assert.equal(await faultsBy('from: web', 'from: plausible'), ['dependency-cycle plausible'])
  assert.equal(await faultsBy('model: pretrain\n', 'model: localise\n'), ['dependency-cycle localise'])
})

test('what nothing uses is a warning', async () => {
  const { diagnostics, variants } = await loadTexts({
    'r.yaml': edited('filters:\n', 'filters:\n  more: { kind: dedup, from: clean }\n').replace(
      'models:\n',
      'models:\n  spare: { kind: mammut, tokenizer: { kind: bpe, from: [places] } }\n',
    ),
  })
  assert.equal(faultTexts({ diagnostics }), ['unused-entry more', 'unused-entry spare'])
  assert.equal(
    diagnostics.map(({ severity }) => severity),
    ['warning', 'warning'],
  )
  assert.is(variants.length, 1)
})

test('a claim is about a metric of a stage', async () => {
  const metric = (now: string) => faultsBy('metric: retrieval.mean_recall', `metric: ${now}`)
  assert.equal(await metric('retrievla.mean_recall'), [
    'unknown-reference retrievla.mean_recall -> retrieval.mean_recall',
  ])
  assert.equal(await metric('nothing.mean_recall'), ['unknown-reference nothing.mean_recall'])
  assert.equal(await metric('retrieval.mean_recal'), ['unknown-metric retrieval.mean_recal -> retrieval.mean_recall'])
  assert.equal(await metric('retrieval.something'), ['unknown-metric retrieval.something'])
  assert.equal(await metric('retrieval.mean_recall, over: water.mean_iuo'), [
    'unknown-metric water.mean_iuo -> water.mean_iou',
  ])
  assert.equal(await metric('pretrain.mix.caption_loss'), [])
})

test('a claim has one bound', async () => {
  const bounds = (now: string) => faultsBy('at_least: 5', now)
  assert.equal(await bounds('at_least: 5, at_most: 6'), ['claim-bounds at_most'])
  assert.equal(await bounds('at_most: 6, expect: 5'), ['claim-bounds at_most'])
  assert.equal(await bounds('tolerance: 1'), ['claim-bounds learns'])
})

test.run()
