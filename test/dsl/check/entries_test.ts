import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { definedEntries } from '../../../dsl/check/entries.ts'
import { sections } from '../../../dsl/values/sections.ts'
import { loadTexts, smallRecipe } from '../support.ts'

test('every entry of every section but the claims has its definition, in the order of the sections', async () => {
  const { variants } = await loadTexts({ 'r.yaml': smallRecipe })
  const recipe = variants[0]?.recipe
  assert.ok(recipe)
  const expected = sections
    .filter(section => section !== 'claims')
    .flatMap(section => Object.keys(recipe[section]).map(name => [section, name]))
  const entries = definedEntries(recipe)
  assert.equal(
    entries.map(({ path }) => path),
    expected,
  )
  assert.ok(expected.some(([section]) => section === 'filters') && expected.some(([section]) => section === 'evaluate'))
  assert.equal(
    entries.flatMap(entry => [...entry.findings(), ...entry.unusedFields()]),
    [],
  )
  assert.ok(entries.every(entry => entry.metrics().every(({ stage }) => stage.startsWith(entry.path[1]))))
})

test.run()
