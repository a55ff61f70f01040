import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { absence, provenance } from '../../../dsl/compile/provenance.ts'
import { type Located, plain, type Span } from '../../../dsl/values/located.ts'
import { edited, loadTexts, onlyVariant, smallRecipe } from '../support.ts'

const variantOf = async (recipe: string, sets: readonly string[] = []) =>
  onlyVariant(await loadTexts({ 'r.yaml': recipe }, sets))

const written = (span: Span | undefined): string | undefined => span?.source.text.slice(span.start, span.end)
const values = (nodes: readonly Located[] | undefined): readonly unknown[] | undefined => nodes?.map(plain)

test('a written value is found with its place, a default without one', async () => {
  const variant = await variantOf(smallRecipe)
  const samples = provenance(variant, ['sources', 'web', 'samples'])
  assert.equal([samples?.value, written(samples?.span), samples?.replaced], [2000, '2k', []])
  assert.equal(provenance(variant, ['filters', 'overhead', 'threshold']), { value: 0.5, replaced: [] })
})

test('the place of an entry is its key, that of an item the whole item', async () => {
  const variant = await variantOf(smallRecipe)
  const place = (...steps: string[]) => written(provenance(variant, steps)?.span)
  assert.is(place('filters', 'overhead'), 'overhead')
  assert.is(place('sources', 'places', 'ground_sizes'), 'ground_sizes')
  assert.is(place('sources', 'places', 'ground_sizes', '1'), '600km')
  const first = '{ name: first, data: clean, samples: 1k, learning_rate: 0.001 }'
  assert.is(place('train', 'pretrain', 'phases', 'first'), first)
  assert.is(place('train', 'pretrain', 'phases', '0'), first)
  assert.is(place('train', 'pretrain', 'phases', 'mix', 'data', 'places'), '3')
})

test('the whole recipe is a value', async () => {
  const variant = await variantOf(smallRecipe)
  assert.is(provenance(variant, [])?.value, variant.recipe)
})

test('what is not there is not found', async () => {
  const variant = await variantOf(smallRecipe)
  for (const path of [
    'filters.other',
    'filters.overhead.threshold.x',
    'sources.places.ground_sizes.2',
    'filters.toString',
  ])
    assert.is(provenance(variant, path.split('.')), undefined, path)
})

test('an inserted value knows its parameter, and what that stands in place of', async () => {
  const recipe = edited('seed: 3', 'params: { size: 2k }').replace('samples: 2k\n', "samples: '${params.size}'\n")
  const found = provenance(await variantOf(recipe, ['params.size=4k']), ['sources', 'web', 'samples'])
  assert.is(found?.value, 4000)
  assert.is(written(found?.span), "'${params.size}'")
  assert.is(found?.parameter?.value, '4k')
  assert.equal(values(found?.replaced), ['2k'])
})

test('a parameter of a matrix has the value of the cell', async () => {
  const recipe = edited('seed: 3', 'params: { size: 1k, other: 5k }\nmatrix: { size: [2k, 4k] }')
    .replace('samples: 2k\n', "samples: '${params.size}'\n")
    .replace('samples: 1k,', "samples: '${params.other}',")
  const { variants } = await loadTexts({ 'r.yaml': recipe })
  const found = variants.map(variant => provenance(variant, ['params', 'size']))
  assert.equal(
    found.map(of => [of?.value, written(of?.span), values(of?.replaced)]),
    [
      ['2k', '2k', ['1k']],
      ['4k', '4k', ['1k']],
    ],
  )
  const [variant] = variants
  if (variant === undefined) throw new Error('There is no variant')
  assert.equal(provenance(variant, ['params'])?.value, { size: '1k', other: '5k' })
  assert.is(provenance(variant, ['params', 'other'])?.value, '5k')
  assert.is(provenance(variant, ['matrix', 'size', '0'])?.value, '2k')
})

const base = edited('from: plausible', 'from: plausible, threshold: 0.7')

/** A recipe with this text that extends one with a threshold of 0.7. */
const extending = async (text: string) =>
  onlyVariant(await loadTexts({ 'r.yaml': `extends: base.yaml\n${text}`, 'base.yaml': base }))

test('a value knows the values of bases that it replaces', async () => {
  const variant = await extending('filters:\n  overhead: { threshold: 0.8 }\n')
  const found = provenance(variant, ['filters', 'overhead', 'threshold'])
  assert.equal([found?.value, written(found?.span), values(found?.replaced)], [0.8, '0.8', [0.7]])
})

test('a default in place of what was taken out knows both', async () => {
  const variant = await extending('filters:\n  overhead: { threshold: null }\n')
  const found = provenance(variant, ['filters', 'overhead', 'threshold'])
  assert.equal(
    [found?.value, found?.span, written(found?.removed), values(found?.replaced)],
    [0.5, undefined, 'null', [0.7]],
  )
})

test('an entry that was taken out is told with what it was', async () => {
  const variant = await extending('evaluate: { water: null }\n')
  const { removed, meant, meaning } = absence(variant, ['evaluate', 'water'])
  assert.equal([meant, meaning, written(removed?.by)], [undefined, undefined, 'null'])
  assert.is(removed?.values.length, 1)
  assert.is(absence(variant, ['evaluate', 'water', 'kind']).removed, undefined)
})

test('a field that is left out has a meaning', async () => {
  const variant = await variantOf(smallRecipe)
  const { meaning, ...others } = absence(variant, ['train', 'pretrain', 'ema'])
  assert.match(meaning ?? '', /moving average/)
  assert.equal(others, {})
})

test('a misspelt step is mended, and the steps around it are kept', async () => {
  const variant = await variantOf(smallRecipe)
  const meant = (path: string) => absence(variant, path.split('.')).meant
  assert.is(meant('filters.overhead.treshold'), 'filters.overhead.threshold')
  assert.is(meant('filters.overhaed.threshold'), 'filters.overhead.threshold')
  assert.is(meant('train.pretrain.phases.mix.sample'), 'train.pretrain.phases.mix.samples')
  assert.is(meant('train.pretrain.phases.0.sample'), 'train.pretrain.phases.0.samples')
  assert.is(meant('filters.something'), undefined)
  assert.is(meant('seed.sede'), undefined)
})

test('nothing is told of what is there', async () => {
  assert.equal(absence(await variantOf(smallRecipe), ['filters', 'overhead', 'threshold']), {})
})

test.run()
