import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { lockOf } from '../../dsl/compile/lock.ts'
import { printLock } from '../../dsl/compile/lock_text.ts'
import { explainStage } from '../../runtime/app/explain_stage.ts'
import { loadPlan, type PlannedRecipe } from '../../runtime/app/recipe.ts'
import { stageLines } from '../../runtime/cli/explain_text.ts'
import { inTempFolder } from '../support.ts'

const recipe = `name: mine
sources:
  photos:
    kind: folder
    path: photos
filters:
  plausible:
    kind: rules
    from: photos
    min_words: 2
  unique:
    kind: dedup
    from: plausible
`

const load = async (folder: string, text: string): Promise<PlannedRecipe> => {
  await writeFile(join(folder, 'mine.yaml'), text)
  return loadPlan(join(folder, 'mine.yaml'))
}

async function explain(loaded: PlannedRecipe, id: string): Promise<string> {
  const stage = loaded.plan.stages.find(one => one.id === id)
  if (stage === undefined) throw new Error(`No stage ${id}`)
  return stageLines(await explainStage(stage, loaded, new Map())).join('\n')
}

const inProject = (body: (folder: string) => Promise<void>) => () =>
  inTempFolder(async folder => {
    await mkdir(join(folder, 'photos'))
    await writeFile(join(folder, 'photos', 'a.txt'), 'first')
    await body(folder)
  })

/** Locks the recipe as if it had run. */
async function lock(folder: string): Promise<void> {
  const { plan } = await load(folder, recipe)
  const outputs = new Map(plan.stages.map(({ id }) => [id, { digest: 'd', metrics: {} }]))
  await writeFile(join(folder, 'mine.lock'), printLock(lockOf(plan, outputs)))
}

test(
  'without a lock there is nothing to compare with',
  inProject(async folder => {
    const loaded = await load(folder, recipe)
    assert.match(await explain(loaded, 'unique'), 'lock    no mine.lock yet; a finished run writes it')
    await writeFile(join(folder, 'mine.lock'), 'my notes')
    assert.match(await explain(loaded, 'unique'), 'lock    mine.lock is no lock')
  }),
)

test(
  'an unchanged stage has the locked key',
  inProject(async folder => {
    await lock(folder)
    const lines = await explain(await load(folder, `# a comment\n${recipe}`), 'unique')
    assert.match(lines, 'lock    the key is that in mine.lock: nothing it depends on has changed')
  }),
)

test(
  'a changed parameter is named with its line, at the stage and at what depends on it',
  inProject(async folder => {
    await lock(folder)
    const loaded = await load(folder, recipe.replace('min_words: 2', 'min_words: 3'))
    const because = 'lock    the key is not that in mine.lock, because\n    '
    assert.match(
      await explain(loaded, 'plausible'),
      /because\n {4}parameter 'min_words' was 2, is 3 \(.*mine\.yaml:10:16\)/,
    )
    assert.match(await explain(loaded, 'unique'), `${because}plausible: parameter 'min_words' was 2, is 3`)
    assert.match(await explain(loaded, 'photos'), 'nothing it depends on has changed')
  }),
)

test(
  'a changed file is named',
  inProject(async folder => {
    await lock(folder)
    await writeFile(join(folder, 'photos', 'a.txt'), 'second')
    const lines = await explain(await load(folder, recipe), 'unique')
    assert.match(lines, /because\n {4}photos: file 'photos' was [0-9a-f]{8}, is [0-9a-f]{8}/)
  }),
)

test.run()
