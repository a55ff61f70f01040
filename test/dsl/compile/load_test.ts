import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { loadRecipe } from '../../../dsl/compile/load.ts'
import { inTempFolder } from '../../support.ts'
import { edited, faultTexts, loadTexts, smallRecipe } from '../support.ts'

const faults = async (files: { readonly [name: string]: string }) => faultTexts(await loadTexts(files))
const faultsOf = (recipe: string) => faults({ 'r.yaml': recipe })

const inserting = edited('seed: 3', "seed: '${params.seed}'")

test('where the section of parameters is misspelt, that is the one fault', async () => {
  assert.equal(await faultsOf(`${inserting}parms: { seed: 3 }\n`), ['unknown-key parms -> params'])
  assert.equal(await faultsOf(inserting), ["unknown-parameter '${params.seed}'"])
  assert.equal(await faultsOf(`${inserting}parameters: { seed: 3 }\n`), ['unknown-key parameters -> params'])
  assert.equal(await faultsOf(`${inserting}other: 3\n`), ["unknown-parameter '${params.seed}'", 'unknown-key other'])
  assert.equal(await faultsOf(`${inserting}params: { other: 3 }\nparms: 3\n`), [
    "unknown-parameter '${params.seed}'",
    'unknown-key parms -> params',
  ])
})

test('a parameter that nothing uses is a warning, where there is no error', async () => {
  const unused = `${inserting}params: { seed: 3, other: 4 }\n`
  const loaded = await loadTexts({ 'r.yaml': unused })
  assert.equal(faultTexts(loaded), ['unused-entry other'])
  assert.is(loaded.variants.length, 1)
  assert.equal(await faultsOf(unused.replace('from: plausible', 'from: nothing')), ['unknown-reference nothing'])
})

test('a parameter that one variant uses is used', async () => {
  const recipe = `${inserting}params: { seed: 3 }\nmatrix: { seed: [3, 4] }\n`
  const { variants, diagnostics } = await loadTexts({ 'r.yaml': recipe })
  assert.equal(diagnostics, [])
  assert.equal(
    variants.map(({ recipe }) => recipe.seed),
    [3, 4],
  )
})

test('the same fault in several variants is told once, different ones each', async () => {
  const recipe = `${inserting}params: { seed: 3 }\nmatrix: { seed: [3, 4] }\n`
  assert.equal(await faultsOf(recipe.replace('from: overhead, against', 'from: ovrhead, against')), [
    'unknown-reference ovrhead -> overhead',
  ])
  assert.equal(await faultsOf(recipe.replace('[3, 4]', '[-1, -2]')), [
    "out-of-range '${params.seed}'",
    "out-of-range '${params.seed}'",
  ])
})

test('a recipe is a mapping', async () => {
  assert.equal(await faultsOf('- a\n'), ['type-mismatch - a\n'])
})

test('with errors there is no variant', async () => {
  assert.is((await loadTexts({ 'r.yaml': edited('from: plausible', 'from: nothing') })).variants.length, 0)
  assert.is((await loadTexts({ 'r.yaml': smallRecipe }, ['seed'])).variants.length, 0)
})

test('faults of a recipe are told before its base is read, then those of the base', async () => {
  const recipe = 'extends: base.yaml\nname: other\n'
  assert.equal(await faults({ 'r.yaml': recipe }), ['missing-file base.yaml'])
  assert.equal(await faults({ 'r.yaml': `${recipe}seed: 1\nseed: 2\n` }), [
    'duplicate-key seed',
    'missing-file base.yaml',
  ])
  assert.equal(await faults({ 'r.yaml': recipe, 'base.yaml': edited('seed: 3', 'seed: 010') }), [
    'ambiguous-scalar 010 -> 10',
  ])
  assert.equal(await faults({ 'r.yaml': recipe, 'base.yaml': smallRecipe }), [])
})

test('what is extended is named by a text', async () => {
  assert.equal(await faultsOf(edited('seed: 3', 'extends: 3')), ["type-mismatch 3 -> '3'"])
})

test('a recipe that extends itself, by itself or through others', async () => {
  assert.equal(await faults({ 'r.yaml': 'extends: r.yaml\nname: a\n' }), ['extends-cycle r.yaml'])
  assert.equal(await faults({ 'r.yaml': 'extends: b.yaml\nname: a\n', 'b.yaml': 'extends: r.yaml\nname: b\n' }), [
    'extends-cycle r.yaml',
  ])
})

test('bases are read beside the file that names them, and what is named extends no further', async () => {
  const loaded = await loadTexts({
    'r.yaml': 'extends: lower/middle.yaml\nseed: 5\n',
    'lower/middle.yaml': 'extends: base.yaml\nseed: 4\nname: middle\n',
    'lower/base.yaml': smallRecipe,
    'lower/table.geojson': '{}',
  })
  const { recipe, tree } = loaded.variants[0] ?? {}
  assert.equal([recipe?.name, recipe?.seed, tree?.entries.has('extends')], ['middle', 5, false])
  const names = loaded.files.map(file => file.slice(loaded.folder.length))
  assert.equal(
    ['/r.yaml', '/lower/middle.yaml', '/lower/base.yaml'].filter(name => !names.includes(name)),
    [],
  )
  assert.is(loaded.path, join(loaded.folder, 'r.yaml'))
})

test('a recipe alone is read without the data beside it', async () => {
  await inTempFolder(async folder => {
    mkdirSync(folder, { recursive: true })
    const file = join(folder, 'r.yaml')
    writeFileSync(file, smallRecipe)
    assert.equal(faultTexts(await loadRecipe(file)), ['missing-file table.geojson', 'missing-file table.geojson'])
    assert.equal(faultTexts(await loadRecipe(file, { isAlone: true })), [])
  })
})

test('an unknown parameter is told at the first place that inserts it', async () => {
  const recipe = smallRecipe
    .replace('samples: 2k', 'samples: ${params.n}')
    .replace('samples: 1k', "samples: '${params.n}'")
  assert.equal(await faultsOf(recipe), ['unknown-parameter ${params.n}'])
})

/** The small recipe with some changes, each of which is a fault. */
const withFaults = (...changes: readonly (readonly [string, string])[]) =>
  changes.reduce((recipe, [old, now]) => {
    assert.ok(recipe.includes(old), old)
    return recipe.replace(old, now)
  }, smallRecipe)

test('one pass finds every independent fault, of reading, of shape and of meaning', async () => {
  const recipe = withFaults(
    ['seed: 3', 'seed: 010'],
    ['imagery: blue-marble\n    samples', 'imagery: bluemarble\n    samples'],
    ['from: plausible', 'from: plausble'],
    ['width: 32, layers: 2, heads: 2 }\n    text', 'width: 32, layers: 2, heads: 3 }\n    text'],
    ['caption', 'captoin'],
    ['retrieval, model: pretrain', 'retrieval, model: pretrian'],
    ['at_least: 5', 'at_leest: 5'],
  )
  assert.equal((await faultsOf(recipe)).toSorted(), [
    'ambiguous-scalar 010 -> 10',
    'shape-mismatch 32',
    'unknown-key at_leest -> at_least',
    'unknown-key captoins -> captions',
    'unknown-reference plausble -> plausible',
    'unknown-reference pretrian -> pretrain',
    'unknown-value bluemarble -> blue-marble',
  ])
})

test('what follows from a fault is no fault of its own', async () => {
  const faultsAfter = async (...changes: readonly (readonly [string, string])[]) => faultsOf(withFaults(...changes))
  // A source that is gone has users, and may have the split.
  assert.equal(await faultsAfter(['kind: landmarks', 'kind: landmark']), ['unknown-kind landmark -> landmarks'])
  // The share that is not read may be above 0.
  assert.equal(
    await faultsAfter(['captions: { kind: grammar }', 'split: { test: x }\n    captions: { kind: grammar }']),
    ['type-mismatch x'],
  )
  // A section of entries under another name.
  assert.equal(await faultsAfter(['filters:', 'filtres:']), ['unknown-key filtres -> filters'])
  assert.equal(await faultsAfter(['filters:', 'selection:']), ['unknown-key selection'])
  // The batch that is not read may divide.
  assert.equal(await faultsAfter(['model: tiny', 'model: tiny\n    batch_size: many\n    micro_batch: 48']), [
    'type-mismatch many',
  ])
  // The phase that is not read may be measured.
  assert.equal(
    await faultsAfter(['name: mix,', 'name: Mix,'], ['metric: retrieval.mean', 'metric: pretrain.mix.lss']),
    ['bad-name Mix -> mix'],
  )
})

test.run()
