import { readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { loadRecipe } from '../../dsl/compile/load.ts'
import { codes } from '../../dsl/diagnostics/diagnostic.ts'
import { inTempFolder, projectRoot } from '../support.ts'

const page = readFileSync(join(projectRoot, 'docs/diagnostics.md'), 'utf8')

/** The printed texts of golden cases. */
const goldens = readdirSync(join(projectRoot, 'test/specs'), { recursive: true, encoding: 'utf8' })
  .filter(file => file.endsWith('stderr.txt'))
  .map(file => readFileSync(join(projectRoot, 'test/specs', file), 'utf8'))

test('docs/diagnostics.md explains every code, in order', () => {
  assert.equal(
    [...page.matchAll(/^### (.*)$/gm)].map(match => match[1]),
    [...codes],
  )
})

test('every example is what a golden case prints', () => {
  const examples = [...page.matchAll(/^```\n(.*?)\n```$/gms)].map(match => match[1] ?? '')
  // The words of unreadable-file are the operating system's, and file-too-large has no golden case.
  assert.is(examples.length, codes.length - 2)
  assert.equal(
    examples.filter(example => !goldens.some(golden => golden.includes(example))),
    [],
  )
})

test('every code has a golden case, but for a file too large to keep', () => {
  const printed = new Set(
    goldens.flatMap(golden => [...golden.matchAll(/ (?:error|warning) ([a-z0-9-]+): /g)].map(match => match[1])),
  )
  assert.equal(
    codes.filter(code => !printed.has(code)),
    ['file-too-large'],
  )
})

test('a file that is too large is not read', () =>
  inTempFolder(async folder => {
    const file = join(folder, 'recipe.yaml')
    writeFileSync(file, 'name: large\n')
    truncateSync(file, 8 * 1024 * 1024 + 1)
    const { diagnostics } = await loadRecipe(file)
    assert.equal(
      diagnostics.map(({ code }) => code),
      ['file-too-large'],
    )
  }))

test.run()
