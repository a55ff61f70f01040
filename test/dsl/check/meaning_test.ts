import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Diagnostic } from '../../../dsl/diagnostics/diagnostic.ts'
import { edited, faultTexts, loadTexts, smallRecipe } from '../support.ts'

/** Faults as `CODE WRITTEN [-> EDIT] (SEVERITY; RELATED PLACES)`. */
async function faults(recipe: string, files = {}): Promise<readonly string[]> {
  const { diagnostics } = await loadTexts({ 'r.yaml': recipe, ...files })
  return diagnostics.map(fault => `${faultTexts({ diagnostics: [fault] })[0]} (${about(fault)})`)
}

const about = ({ severity, related }: Diagnostic): string =>
  [severity, ...related.map(({ span }) => span.source.text.slice(span.start, span.end))].join('; ')

const faultsBy = (old: string, now: string) => faults(edited(old, now))

const measure = (model: string, data: string) =>
  edited(
    'retrieval: { kind: retrieval, model: pretrain, data: places.test }',
    `retrieval: { kind: retrieval, model: ${model}, data: ${data} }`,
  )

const leaks = async (recipe: string) => (await faults(recipe)).filter(text => text.startsWith('leaking-split'))

test('nothing is measured on what trained the model', async () => {
  assert.equal(await leaks(measure('pretrain', 'places.train')), [
    'leaking-split places.train -> places.test (error; places)',
  ])
  assert.equal(await leaks(measure('pretrain', 'places')), ['leaking-split places -> places.test (error; places)'])
  assert.equal(await leaks(measure('pretrain', 'places.val')), [])
  assert.equal(await leaks(measure('pretrain', 'web')), ['leaking-split web (error; clean)'])
})

test('phases after the measured one have not trained the model', async () => {
  assert.equal(await leaks(measure('pretrain.first', 'places.train')), [])
  assert.equal(await leaks(measure('pretrain.mix', 'places.train')), [
    'leaking-split places.train -> places.test (error; places)',
  ])
})

test('a distilled model has seen what it was distilled on, and what its start has seen', async () => {
  assert.equal(await leaks(measure('localise', 'places.train')), [
    'leaking-split places.train -> places.test (error; places)',
  ])
  assert.equal(await leaks(measure('localise', 'web')), ['leaking-split web (error; clean)'])
})

test('a dataset of weight 0 trains nothing', async () => {
  const recipe = measure('pretrain', 'places.train')
    .replace('places: 3,', 'places: 0,')
    .replace(/distill:[\s\S]*?evaluate:/, 'evaluate:')
  const found = await leaks(recipe.replace(/ {2}water:[\s\S]*?claims:/, 'claims:'))
  assert.equal(found, [])
})

const stopping = (data: string) =>
  edited(
    'samples: 2k, learning_rate: 0.001',
    `samples: 2k, learning_rate: 0.001, stop_early: { data: ${data}, every: 1k }`,
  )

test('a phase is stopped by data that neither trains nor judges', async () => {
  assert.equal(await faults(stopping('places.val')), [])
  assert.equal(await faults(stopping('places.train')), ['leaking-split places.train -> places.val (error; places)'])
  assert.equal(await faults(stopping('places.test')), [
    'leaking-split places.test (error; places.test)',
    'leaking-split places.test (error; places.test)',
  ])
})

test('a phase goes back to less filtered data', async () => {
  const line = (name: string, data: string) =>
    `      - { name: ${name}, data: ${data}, samples: 1k, learning_rate: 0.001 }\n`
  const phases = (...data: readonly string[]) =>
    smallRecipe.replace(
      /( {4}phases:\n)[\s\S]*?distill:/,
      `$1${data.map((one, index) => line(`p${index}`, one)).join('')}distill:`,
    )
  const orders = async (...data: readonly string[]) =>
    (await faults(phases(...data))).filter(text => text.startsWith('curriculum-order'))
  assert.equal(await orders('clean', 'web'), ['curriculum-order web (warning; clean)'])
  assert.equal(await orders('clean', '{ places: 1, overhead: 1 }'), ['curriculum-order overhead (warning; clean)'])
  assert.equal(await orders('web', 'clean'), [])
  assert.equal(await orders('clean', 'clean'), [])
  assert.equal(await orders('{ clean: 1, web: 1 }'), [])
})

test('crawled data that trains is decontaminated against what is measured on', async () => {
  const trained = edited('data: clean,', 'data: overhead,')
  assert.equal(await faults(trained), ['not-decontaminated overhead (warning; places.test)'])
  assert.equal(await faultsBy('against: [places.test]', 'against: [places]'), [])
  assert.equal(await faultsBy('against: [places.test]', 'against: [places.val]'), [
    'not-decontaminated clean (warning; places.test)',
  ])
})

test('images are stored as large as the model looks at them', async () => {
  assert.equal(await faultsBy('kind: mammut\n', 'kind: mammut\n    image_size: 80\n'), [])
  assert.equal(await faultsBy('kind: mammut\n', 'kind: mammut\n    image_size: 88\n'), [
    'shape-mismatch clean (warning; web)',
    'shape-mismatch places (warning; places)',
  ])
})

test('training fits the memory of a slot', async () => {
  const limited = (memory: string) => edited('seed: 3', `seed: 3\nresources: { slot_memory: ${memory} }`)
  assert.equal(await faults(limited('1GiB')), [])
  assert.equal(await faults(limited('230MiB')), [
    'over-memory pretrain (error; 230MiB)',
    'over-memory localise (error; 230MiB)',
  ])
  assert.equal(await faults(limited('1MiB')), ['over-memory tiny (error; 1MiB)'])
  const hints = async (memory: string) =>
    (await loadTexts({ 'r.yaml': limited(memory) })).diagnostics.map(
      ({ fix }) => /micro_batch: \d+/.exec(fix?.hint ?? '')?.[0],
    )
  const batch = async (memory: string) => Number((await hints(memory))[0]?.slice('micro_batch: '.length))
  const [few, more] = [await batch('215MiB'), await batch('240MiB')]
  assert.ok(few < more && 64 % few === 0 && 64 % more === 0, `${few} and ${more}`)
})

test('what lies outside the project is permitted, and nothing else', async () => {
  const recipe = (permissions: string) => edited('seed: 3', `seed: 3\npermissions: ${permissions}`)
  assert.equal(await faults(recipe('{ net: [example.org, "localhost:80"] }')), [
    'unused-permission example.org (warning)',
    'unused-permission "localhost:80" (warning)',
  ])
  assert.equal(await faults(recipe('{ net: ["https://Example.org/x"] }')), [
    'bad-permission "https://Example.org/x" -> example.org (error)',
  ])
  assert.equal(await faults(recipe('{ env: ["$HOME", "A=1", "1A", "HOME"], run: ["git log", git] }')), [
    'bad-permission "$HOME" -> HOME (error)',
    'bad-permission "A=1" -> A (error)',
    'bad-permission "1A" (error)',
    'bad-permission "git log" -> git (error)',
    'unused-permission "HOME" (warning)',
    'unused-permission git (warning)',
  ])
  assert.equal(await faults(recipe('{ read: [table.geojson] }')), ['unused-permission table.geojson (warning)'])
  const outside = smallRecipe.replaceAll('table.geojson', '/usr/bin/env')
  assert.equal(await faults(outside), [
    'undeclared-permission /usr/bin/env (error)',
    'undeclared-permission /usr/bin/env (error)',
  ])
  const granted = (grant: string) => faults(outside.replace('seed: 3', `seed: 3\npermissions: { read: [${grant}] }`))
  assert.equal(await granted('/usr/bin'), [])
  assert.equal(await granted('/usr/bin/env'), [])
  assert.equal((await granted('/usr/lib')).length, 3)
})

test('texts fit the model that reads them', async () => {
  const words = (count: number) => Array.from({ length: count }, () => 'a').join(' ')
  const prompt = (count: number) => faultsBy('prompts: [water]', `prompts: ['${words(count)}']`)
  assert.equal(await prompt(30), [])
  assert.equal(await prompt(31), [`text-too-long '${words(31)}' (warning)`])
})

test('files are there, and are files', async () => {
  assert.equal(await faults(smallRecipe.replace('table.geojson', 'tabel.geojson')), [
    'missing-file tabel.geojson -> table.geojson (error)',
  ])
  assert.equal(await faults(smallRecipe.replace('table.geojson', 'folder'), { 'folder/a': '' }), [
    'not-a-file folder (error)',
  ])
  const away = edited('seed: 3', 'seed: 3\nresources: { elsewhere: true }').replace('table.geojson', 'other.file')
  assert.equal(await faults(away), ['missing-file other.file (warning)'])
})

const decontaminating = (from: string, against: string, sources = '') =>
  `name: a
sources:
  one: { kind: webdataset, shards: a.tar, split: { test: 0.5 } }
  twin: { kind: webdataset, shards: [a.tar, b.tar], split: { test: 0.5 } }
  other: { kind: webdataset, shards: b.tar, split: { test: 0.5 } }
${sources}filters:
  long: { kind: rules, from: one }
  clean: { kind: decontaminate, from: ${from}, against: [${against}] }
`

const drained = async (from: string, against: string) =>
  (await faults(decontaminating(from, against), { 'a.tar': '', 'b.tar': '' })).filter(fault =>
    fault.startsWith('filters-itself'),
  )

test('no dataset is decontaminated against what holds all of its images', async () => {
  const found = (against: string, from: string) => [`filters-itself ${against} (error; ${from})`]
  assert.equal(await drained('one', 'one'), found('one', 'one'))
  assert.equal(await drained('long', 'one'), found('one', 'long'))
  assert.equal(await drained('one', 'long'), found('long', 'one'))
  assert.equal(await drained('long.test', 'one'), found('one', 'long.test'))
  assert.equal(await drained('long.test', 'one.test'), found('one.test', 'long.test'))
  assert.equal(await drained('one', 'twin'), found('twin', 'one'))
  assert.equal(await drained('one.test', 'twin.test'), found('twin.test', 'one.test'))
  assert.equal(await drained('twin', 'one'), [])
  assert.equal(await drained('one', 'one.test'), [])
  assert.equal(await drained('one.train', 'one.test'), [])
  assert.equal(await drained('one', 'other'), [])
})

test('a source may hold out all of its data, and is then not learnt from', async () => {
  const found = async (split: string, data: string) =>
    (
      await faults(
        edited('captions: { kind: grammar }', `captions: { kind: grammar }\n    split: ${split}`).replace(
          'first, data: clean',
          `first, data: ${data}`,
        ),
      )
    ).filter(fault => /unknown-split|out-of-range/.test(fault))
  assert.equal(await found('{ val: 0.5, test: 0.5 }', 'places.train'), [
    'unknown-split places (error)',
    'unknown-split places.train (error)',
    'unknown-split places (error)',
    'unknown-split places (error)',
  ])
  assert.equal(await found('{ test: 1 }', 'clean'), [
    'unknown-split places (error)',
    'unknown-split places (error)',
    'unknown-split places (error)',
  ])
  assert.equal(await found('{ val: 0.5, test: 0.4 }', 'places'), [])
  assert.equal(await found('{ test: 0.98 }', 'places'), [])
  assert.equal(await found('{ val: 0.6, test: 0.5 }', 'places'), ['out-of-range split (error)'])
})

test.run()
