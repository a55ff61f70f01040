import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { loadRecipe } from '../../../dsl/compile/load.ts'
import { convertRecipe } from '../../../dsl/print/convert.ts'
import { inTempFolder } from '../../support.ts'
import { edited, faultTexts, loadTexts, onlyVariant } from '../support.ts'

const rateOf = async (files: { readonly [name: string]: string }, sets: readonly string[] = []): Promise<unknown> =>
  onlyVariant(await loadTexts(files, sets)).recipe.train.pretrain?.phases[0]?.learning_rate

const withRate = (rate: string, head = ''): string =>
  head + edited('samples: 1k, learning_rate: 0.001', `samples: 1k, learning_rate: ${rate}`)

test('a number field reads what only some readers of YAML take for a number', async () => {
  for (const [written, value] of [
    ['1e-4', 1e-4],
    ['5E-5', 5e-5],
    ['.1e-3', 1e-4],
    ['0b1', 1],
    ['0o2', 2],
    ['08', 8],
  ] as const)
    assert.is(await rateOf({ 'r.yaml': withRate(written) }), value, written)
  assert.is(await rateOf({ 'r.yaml': withRate('1') }, ['train.pretrain.phases.first.learning_rate=1e-4']), 1e-4)
})

test('a parameter is decided where it is inserted', async () => {
  const recipe = withRate('"${params.lr}"', 'params: { lr: 1e-4 }\n')
  assert.is(await rateOf({ 'r.yaml': recipe }), 1e-4)
  assert.is(await rateOf({ 'r.yaml': recipe }, ['params.lr=2e-4']), 2e-4)
  assert.is(await rateOf({ 'r.yaml': 'extends: base.yaml\nname: other\n', 'base.yaml': recipe }), 1e-4)
  const text = withRate('0.001', 'params: { lr: 1e-4, of: no }\ndescription: rate ${params.lr}\n')
  assert.equal(faultTexts(await loadTexts({ 'r.yaml': text })), ["ambiguous-scalar 1e-4 -> '0.0001'"])
  const whole = withRate('0.001', 'params: { of: no }\ndescription: ${params.of}\n')
  assert.is(onlyVariant(await loadTexts({ 'r.yaml': whole })).recipe.description, 'no')
})

test('each cell of a matrix is decided', async () => {
  const recipe = withRate('"${params.lr}"', 'params: { lr: 0 }\nmatrix: { lr: [1e-4, 2e-4] }\n')
  const { variants } = await loadTexts({ 'r.yaml': recipe })
  assert.equal(
    variants.map(variant => variant.recipe.train.pretrain?.phases[0]?.learning_rate),
    [1e-4, 2e-4],
  )
})

test('of several readings that a field takes none is chosen', async () => {
  assert.equal(faultTexts(await loadTexts({ 'r.yaml': withRate('010') })), ['ambiguous-scalar 010 -> 10'])
  assert.equal(faultTexts(await loadTexts({ 'r.yaml': withRate('no') })), ['type-mismatch no'])
})

test('a text field and a key read a text', async () => {
  for (const written of ['no', 'ON', '1e-4', '1_000', '2024-01-02', '12:30', '0o10']) {
    const recipe = edited('origin: a guess', `origin: ${written}`)
    assert.is(onlyVariant(await loadTexts({ 'r.yaml': recipe })).recipe.claims.learns?.origin, written)
  }
  const { recipe } = onlyVariant(await loadTexts({ 'r.yaml': edited('learns:', 'on:') }))
  assert.equal(Object.keys(recipe.claims), ['on'])
})

test('the other form of a recipe has the decided values', () =>
  inTempFolder(async folder => {
    writeFileSync(join(folder, 'table.geojson'), '{}')
    writeFileSync(join(folder, 'r.yaml'), withRate('10e-4').replace('samples: 2k', 'samples: 2_000'))
    const text = await convertRecipe(await loadRecipe(join(folder, 'r.yaml')))
    assert.match(text, 'learning_rate: 0.001')
    assert.match(text, 'samples: 2000')
  }))

test.run()
