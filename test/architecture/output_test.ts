import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { projectRoot } from '../support.ts'

/** Files below a folder that hold what a pattern finds, by path relative to the project. */
const filesWith = (folder: string, pattern: RegExp): readonly string[] =>
  readdirSync(join(projectRoot, folder), { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.ts') && pattern.test(readFileSync(join(projectRoot, folder, file), 'utf8')))
    .map(file => `${folder}/${file}`)
    .sort()

test('one module prints: text of others reaches terminals through it alone', () => {
  const writes = /\bprocess\.std(out|err)\.write|\bconsole\.\w+\((?!event\.kind)/
  assert.equal(filesWith('runtime', writes), ['runtime/cli/print.ts', 'runtime/schedule/slurm/on_node.ts'])
  assert.equal(filesWith('dsl', writes), ['dsl/generate/main.ts'])
  assert.equal(filesWith('runtime', /\bstream\.write\(|\bterminal\.write\(/), [
    'runtime/cli/live/screen.ts',
    'runtime/cli/print.ts',
  ])
})

test('what commands print as JSON is written by it, too', () => {
  assert.equal(filesWith('runtime/cli', /\bJSON\.stringify\(/), [])
})

test.run()
