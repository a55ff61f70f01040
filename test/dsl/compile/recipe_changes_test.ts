import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { recipeChanges } from '../../../dsl/compile/recipe_changes.ts'
import { edited, loadTexts, smallRecipe } from '../support.ts'

interface Indexes {
  readonly before?: number
  readonly after?: number
}

/** Changes of the first variants, or others: `KIND PATH: BEFORE -> AFTER (DELTA) [PLACES]`. */
async function changes(before: string, after: string, variants: Indexes = {}): Promise<readonly string[]> {
  const [from, to] = [await loadTexts({ 'r.yaml': before }), await loadTexts({ 'r.yaml': after })]
  const [left, right] = [from.variants[variants.before ?? 0], to.variants[variants.after ?? 0]]
  if (left === undefined || right === undefined) throw new Error('A recipe has errors')
  return recipeChanges(left, right).map(({ kind, path, before, after, delta, places }) => {
    const sides = [before, after].filter(side => side !== undefined).join(' -> ')
    return `${kind} ${path}: ${sides} (${delta}) [${places}]`
  })
}

/** Changes by one edit of the small recipe. */
const changesBy = (old: string, now: string): Promise<readonly string[]> => changes(smallRecipe, edited(old, now))

test('another spelling of the same meaning is no change', async () => {
  assert.equal(await changesBy('seed: 3', 'seed: 3'), [])
  assert.equal(await changesBy('samples: 2k\n', 'samples: 2000\n'), [])
  assert.equal(await changesBy('from: plausible', 'from: plausible, threshold: 0.5'), [])
})

test('a quantity is told in its unit', async () => {
  assert.equal(await changesBy('samples: 2k\n', 'samples: 3k\n'), [
    'changed sources.web.samples: 2k -> 3k (+1k, x1.5) []',
  ])
  assert.equal(await changesBy('phases:', 'checkpoint_every: 30s\n    phases:'), [
    'changed train.pretrain.checkpoint_every: 2m (default) -> 30s (-1.5m, x0.25) []',
  ])
})

test('a default is told as one, on either side', async () => {
  const written = edited('from: plausible', 'from: plausible, threshold: 0.6')
  const at = 'filters.overhead.threshold'
  assert.equal(await changes(smallRecipe, written), [`changed ${at}: 0.5 (default) -> 0.6 (+0.1) []`])
  assert.equal(await changes(written, smallRecipe), [`changed ${at}: 0.6 -> 0.5 (default) (-0.1) []`])
  assert.equal(await changesBy('model: pretrain, data', 'model: pretrain, cleaning: clip, data'), [
    'changed evaluate.retrieval.cleaning: none (default) -> clip (undefined) []',
  ])
})

test('a seed has no difference', async () => {
  assert.equal(await changesBy('seed: 3', 'seed: 4'), ['changed seed: 3 -> 4 (undefined) []'])
})

test('of a list it is told what came and went, or that the order changed', async () => {
  const at = 'changed sources.places.ground_sizes: [300km, 600km]'
  assert.equal(await changesBy('[300km, 600km]', '[300km, 1200km, 500m]'), [
    `${at} -> [300km, 1200km, 500m] (+1200km, +500m, -600km) []`,
  ])
  assert.equal(await changesBy('[300km, 600km]', '[600km, 300km]'), [`${at} -> [600km, 300km] (order) []`])
  assert.equal(
    await changesBy(
      'prompts: [water], against: [land] } }\n    samples',
      'prompts: [water, sea], against: [land] } }\n    samples',
    ),
    ['changed distill.localise.queries.water.prompts: [water] -> [water, sea] (+sea) []'],
  )
  assert.equal(
    await changesBy(
      'phases:',
      'optimizer: { kind: adamw, groups: [{ parameters: v., learning_rate_scale: 0.1 }] }\n    phases:',
    ),
    [
      'changed train.pretrain.optimizer.groups: [] (default) -> [{parameters: v., learning_rate_scale: 0.1}] ' +
        '(+{"learning_rate_scale":0.1,"parameters":"v.","weight_decay_scale":1}) []',
    ],
  )
})

test('an entry that came or went is one change, with what was written of it', async () => {
  const extra = edited('filters:\n', 'filters:\n  extra: { kind: dedup, from: clean, distance: 3 }\n')
  const line = 'kind: dedup, from: clean, distance: 3'
  assert.equal(await changes(smallRecipe, extra), [`added filters.extra: ${line} (undefined) []`])
  assert.equal(await changes(extra, smallRecipe), [`removed filters.extra: ${line} (undefined) []`])
  assert.equal(
    await changesBy(
      'phases:\n',
      'phases:\n      - { name: new, data: web, samples: 1k, learning_rate: 0.1, schedule: { kind: linear } }\n',
    ),
    [
      'added train.pretrain.phases.new: data: web, samples: 1k, learning_rate: 0.1, schedule: {kind: linear} (undefined) []',
    ],
  )
})

test('fields that come as defaults with another kind are not told', async () => {
  const line = 'learning_rate: 0.001, schedule: { kind: cosine } }'
  const cosine = edited('learning_rate: 0.001 }', line)
  const constant = cosine.replace('kind: cosine', 'kind: constant')
  assert.equal(await changes(cosine, constant), [
    'changed train.pretrain.phases.first.schedule.kind: cosine -> constant (undefined) []',
  ])
})

test('the order of phases is a change of its own', async () => {
  const first = '      - { name: first, data: clean, samples: 1k, learning_rate: 0.001 }\n'
  const without = edited(first, '')
  const turned = without.replace('distill:', `${first}distill:`)
  assert.equal(await changes(smallRecipe, turned), [
    'changed train.pretrain.phases: first, mix -> mix, first (order) []',
  ])
  assert.equal(await changes(smallRecipe, turned.replace('samples: 2k, learn', 'samples: 3k, learn')), [
    'changed train.pretrain.phases: first, mix -> mix, first (order) []',
    'changed train.pretrain.phases.mix.samples: 2k -> 3k (+1k, x1.5) []',
  ])
})

test('the order of other entries is none', async () => {
  const clean = '  clean: { kind: decontaminate, from: overhead, against: [places.test] }\n'
  const moved = edited(clean, '').replace('filters:\n', `filters:\n${clean}`)
  assert.equal(await changes(smallRecipe, moved), [])
})

test('a value that becomes a mapping is one change', async () => {
  assert.equal(await changesBy('data: clean,', 'data: { places: 3, clean: 1 },'), [
    'changed train.pretrain.phases.first.data: clean -> places: 3, clean: 1 (undefined) []',
  ])
})

const withParams = edited('seed: 3', 'params: { size: 2k, rate: 0.001 }').replace(
  'samples: 2k, learning_rate: 0.001',
  "samples: '${params.size}', learning_rate: '${params.rate}'",
)

test('a parameter is told once, with the values that it brought and their unit', async () => {
  assert.equal(await changes(withParams, withParams.replace('size: 2k', 'size: 3k')), [
    'changed params.size: 2k -> 3k (+1k, x1.5) [train.pretrain.phases.mix.samples]',
  ])
})

test('a value in place of a parameter is told where it stands', async () => {
  assert.equal(await changes(withParams, withParams.replace("'${params.size}'", '5k')), [
    'changed train.pretrain.phases.mix.samples: 2k -> 5k (+3k, x2.5) []',
  ])
  const literal = edited('seed: 3', 'params: { size: 2k, rate: 0.001 }')
  assert.equal(await changes(literal, withParams), [])
})

test('variants of one matrix differ where the parameter is inserted', async () => {
  const matrix = `${withParams}matrix: { size: [2k, 4k] }\n`
  assert.equal(await changes(matrix, matrix, { after: 1 }), [
    'changed train.pretrain.phases.mix.samples: 2k -> 4k (+2k, x2) []',
  ])
  assert.equal(await changes(matrix, matrix.replace('[2k, 4k]', '[3k, 4k]')), [
    'changed matrix.size: [2k, 4k] -> [3k, 4k] (+1k, x1.5) [train.pretrain.phases.mix.samples]',
  ])
})

test.run()
