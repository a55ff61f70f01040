import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { projectRoot } from '../support.ts'

const page = readFileSync(join(projectRoot, 'docs/architecture.md'), 'utf8')
const listed = [...page.matchAll(/^\| `([^`]+)\/` \|/gm)].map(match => match[1] ?? '')

/** A folder and all folders in it. */
const folders = (root: string): readonly string[] => [
  root,
  ...readdirSync(join(projectRoot, root), { withFileTypes: true })
    .filter(entry => entry.isDirectory())
    .flatMap(entry => folders(`${root}/${entry.name}`)),
]

test('docs/architecture.md has a line for every folder of dsl/ and runtime/', () => {
  const present = [
    ...folders('dsl'),
    ...readdirSync(join(projectRoot, 'runtime')).flatMap(folder => folders(`runtime/${folder}`)),
  ]
  assert.equal(
    present.filter(folder => !listed.includes(folder)),
    [],
  )
})

test('docs/architecture.md names no folder that is gone', () => {
  const roots = [...new Set(listed.map(folder => folder.split('/')[0] ?? ''))]
  const present = new Set(roots.flatMap(folders))
  assert.equal(
    listed.filter(folder => !present.has(folder)),
    [],
  )
})

test.run()
