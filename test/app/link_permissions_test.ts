import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { compile } from '../../dsl/compile/compile.ts'
import { loadRecipe } from '../../dsl/compile/load.ts'
import { machineEnvironment } from '../../runtime/app/environment.ts'
import { deniedPermissions } from '../../runtime/schedule/grants.ts'
import { smallRecipe } from '../dsl/support.ts'
import { inTempFolder } from '../support.ts'

test('a symbolic link that leads out of the project needs a permission, by its own name or by what it leads to', () =>
  inTempFolder(async folder => {
    const [project, outside] = [join(folder, 'project'), join(folder, 'outside')]
    for (const made of [project, outside, join(project, 'inside')]) await mkdir(made)
    await writeFile(join(project, 'package.json'), '{}')
    for (const table of ['outside/t.geojson', 'project/inside/t.geojson'])
      await writeFile(join(folder, table), '{"type":"FeatureCollection","features":[]}')
    await symlink(join(outside, 't.geojson'), join(project, 'away.geojson'))
    await symlink(outside, join(project, 'folder'))
    await symlink('inside/t.geojson', join(project, 'here.geojson'))
    const codes = async (table: string, permissions = ''): Promise<readonly string[]> => {
      const recipe = join(project, 'r.yaml')
      await writeFile(
        recipe,
        smallRecipe.replaceAll('table.geojson', table).replace('seed: 3', `seed: 3${permissions}`),
      )
      const { diagnostics } = await loadRecipe(recipe)
      return [...new Set(diagnostics.flatMap(({ code, message }) => (code.endsWith('permission') ? message : [])))]
    }
    const told = (path: string) =>
      `'${path}' leads through a symbolic link to '${join(outside, 't.geojson')}', outside the project, and the recipe has no permission to read it`
    assert.equal(await codes('here.geojson'), [])
    assert.equal(await codes('away.geojson'), [told('away.geojson')])
    assert.equal(await codes('folder/t.geojson'), [told('folder/t.geojson')])
    for (const grant of ['away.geojson', outside])
      assert.equal(await codes('away.geojson', `\npermissions: { read: [${grant}] }`), [])
    const plan = compile(await loadRecipe(join(project, 'r.yaml')), machineEnvironment())
    const stages = plan.stages.filter(({ id }) => id === 'places.tiles')
    assert.equal(stages[0]?.permissions?.read, [join(project, 'away.geojson')])
    assert.is(deniedPermissions(stages, {}).length, 1)
    assert.is(deniedPermissions(stages, { allowRead: [outside] }).length, 0)
    assert.is(deniedPermissions(stages, { allowRead: [project] }).length, 0)
  }))

test.run()
