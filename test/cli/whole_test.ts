import { cp, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { measuredStages } from '../../dsl/check/metrics.ts'
import { loadPlan } from '../../runtime/app/recipe.ts'
import { findResults } from '../../runtime/schedule/select.ts'
import { openStore } from '../../runtime/store/store.ts'
import { writeClip } from '../model/tiny_clip.ts'
import { inTempFolder, projectRoot } from '../support.ts'
import { checkExports } from './fixtures/exports.ts'
import { fewLandmarks } from './fixtures/landmarks.ts'

const program = join(import.meta.dirname, '../../runtime/cli/main.js')

test('every kind of stage runs, measures what claims may name, and runs no second time', () =>
  inTempFolder(async folder => {
    const recipe = join(folder, 'whole.yaml')
    await cp(join(projectRoot, 'test/cli/fixtures/whole.yaml'), recipe)
    await writeFile(join(folder, 'places.geojson'), await fewLandmarks())
    await writeClip(folder)
    const run = (...args: readonly string[]) =>
      execa('node', [program, ...args], { cwd: folder, reject: false, env: { TERROIR_STORE: '' } })

    const first = await run('run', 'whole.yaml')
    assert.is(first.exitCode, 0, first.stderr)
    assert.match(first.stdout, /trains +at most 20 .* held/)
    const lock = await readFile(join(folder, 'whole.lock'), 'utf8')

    const loaded = await loadPlan(recipe)
    const [variant] = loaded.loaded.variants
    if (variant === undefined) throw new Error('The recipe does not load')
    const results = await findResults(loaded.plan, openStore(join(folder, '.terroir')))
    const measured = measuredStages(variant.recipe)
    for (const { id, kind } of loaded.plan.stages) {
      const { metrics } = results.get(id)?.manifest ?? {}
      if (kind.startsWith('embed-')) assert.equal(metrics, {}, id)
      else {
        const expected = measured.get(id)
        assert.is(expected?.kind, kind, id)
        assert.equal(Object.keys(metrics ?? {}).sort(), expected?.metrics.toSorted(), id)
      }
    }

    const second = await run('run', 'whole.yaml')
    assert.is(second.exitCode, 0)
    assert.is(second.stderr, '')
    assert.match(second.stdout, /Everything is up to date\nReport: .*index\.html$/)
    assert.is(await readFile(join(folder, 'whole.lock'), 'utf8'), lock)

    await checkExports(folder, run)

    const explained = await run('explain', 'whole.yaml', 'pretrain.mix')
    assert.match(explained.stdout, /state +cached in /)
    assert.match(explained.stdout, /lock +the key is that in whole\.lock/)
  }))

test.run()
