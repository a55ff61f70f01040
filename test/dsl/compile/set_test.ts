import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { provenance } from '../../../dsl/compile/provenance.ts'
import { faultTexts, loadTexts, onlyVariant, smallRecipe } from '../support.ts'

const withParams = smallRecipe.replace('seed: 3', 'params: { rate: 0.001 }')

/** Faults of a recipe with values set. */
const faults = async (sets: readonly string[], recipe = smallRecipe): Promise<readonly string[]> =>
  faultTexts(await loadTexts({ 'r.yaml': recipe }, sets))

/** The filled recipe with values set. */
const filled = async (sets: readonly string[], recipe = smallRecipe) =>
  onlyVariant(await loadTexts({ 'r.yaml': recipe }, sets)).recipe

test('a flag that is no path and value is refused', async () => {
  assert.equal(await faults(['seed']), ['bad-set seed'])
  assert.equal(await faults(['=3']), ['bad-set '])
  assert.equal(await faults(['x=3']), ['unknown-key x'])
})

test('what a recipe extends cannot be set', async () => {
  assert.equal(await faults(['extends=base.yaml']), ['bad-set extends'])
  assert.equal(await faults(['extends.0=base.yaml']), ['bad-set extends.0'])
})

test('faults of the value point into the flag', async () => {
  assert.equal(await faults(['seed=010']), ['ambiguous-scalar 010 -> 10'])
  assert.equal(await faults(['seed=']), ['empty-recipe '])
  assert.equal(await faults(['seed=1.5']), ['type-mismatch 1.5'])
})

test('a single value has no fields', async () => {
  assert.equal(await faults(['name.x=1']), ['bad-set x'])
  assert.equal(await faults(['filters.overhead.from.first.second=1']), ['bad-set first'])
})

test('a parameter must be declared', async () => {
  assert.equal(await faults(['params.rat=1'], withParams), ['unknown-parameter rat -> rate'])
  assert.equal(await faults(['params.rate=1']), ['unknown-parameter rate'])
  assert.equal(await faults(['params.rate.x=1'], withParams), ['bad-set x'])
})

test('a field below an entry that is not there is refused; a whole entry may be added', async () => {
  assert.equal(await faults(['filters.overhaed.threshold=0.6']), ['bad-set overhaed -> overhead'])
  assert.equal(await faults(['filters.something.threshold=0.6']), ['bad-set something'])
  assert.equal(await faults(['resources.cores.x=1']), ['unknown-key cores'])
  const { filters } = await filled(['filters.again={ kind: dedup, from: clean }'])
  assert.is(filters.again?.from, 'clean')
})

test('sections and fields that are not written are made', async () => {
  const { train, resources, claims } = await filled(
    [
      'train.pretrain.augment.crop=0.5',
      'resources.threads=3',
      'claims.c={ metric: retrieval.t2i_r1, at_least: 1, origin: x }',
    ],
    smallRecipe.replace(/claims:\n.*\n/, 'claims:\n'),
  )
  assert.is(train.pretrain?.augment.crop, 0.5)
  assert.is(train.pretrain?.augment.colour, 0.2)
  assert.is(resources.threads, 3)
  assert.is(claims.c?.metric, 'retrieval.t2i_r1')
})

test('items of lists go by index or by name', async () => {
  const { train } = await filled(['train.pretrain.phases.0.samples=5k', 'train.pretrain.phases.mix.samples=6k'])
  assert.equal(
    train.pretrain?.phases.map(({ name, samples }) => [name, samples]),
    [
      ['first', 5000],
      ['mix', 6000],
    ],
  )
  assert.equal(await faults(['train.pretrain.phases.2.samples=5k']), ['bad-set train.pretrain.phases.2.samples'])
  assert.equal(await faults(['train.pretrain.phases.last.samples=5k']), ['bad-set train.pretrain.phases.last.samples'])
})

test('a later flag overrides an earlier one, and both know what they stand in place of', async () => {
  const variant = onlyVariant(await loadTexts({ 'r.yaml': smallRecipe }, ['seed=4', 'seed=5']))
  assert.is(variant.recipe.seed, 5)
  const { span, replaced = [] } = provenance(variant, ['seed']) ?? {}
  assert.is(span?.source.name, '--set seed=5')
  assert.equal(
    replaced.map(node => node.kind === 'scalar' && node.value),
    [4, 3],
  )
})

test('every flag that fails is told', async () => {
  assert.equal(await faults(['name.x=1', 'seed']), ['bad-set x', 'bad-set seed'])
})

test.run()
