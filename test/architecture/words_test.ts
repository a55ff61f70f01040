import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { projectRoot } from '../support.ts'

interface SourceFile {
  readonly path: string
  readonly text: string
}

const sources: readonly SourceFile[] = ['dsl', 'runtime'].flatMap(folder =>
  readdirSync(join(projectRoot, folder), { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.ts') && !file.endsWith('.d.ts'))
    .map(file => ({
      path: join(folder, file),
      text: readFileSync(join(projectRoot, folder, file), 'utf8'),
    })),
)

/** Generated files repeat what their sources declare. */
const isGenerated = ({ text }: SourceFile): boolean => /^\/\/ Generated\b/m.test(text.slice(0, 200))

/** Values of TypeScript recipes, which have the names of the entries of the language that they stand for. */
const builderValues = 'dsl/builder_values.ts'

const questionOpenings = (text: string): readonly string[] =>
  [...text.matchAll(/\/\*\*[\s*]*((?:What|Where|How|Which|Who|Whether)\b[^\n]*)/g)].map(([, line = '']) => line)

const declaredTypes = (text: string): readonly string[] =>
  [...text.matchAll(/^(?:export )?(?:declare )?(?:abstract )?(?:interface|type|class) (\w+)/gm)].map(
    ([, name = '']) => name,
  )

/** Names that several of some files declare, each with the files. */
function declaredTwice(files: readonly SourceFile[]): readonly string[] {
  const paths = new Map<string, Set<string>>()
  for (const { path, text } of files)
    for (const name of declaredTypes(text)) paths.set(name, (paths.get(name) ?? new Set()).add(path))
  return [...paths].filter(([, { size }]) => size > 1).map(([name, found]) => `${name}: ${[...found].join(', ')}`)
}

test('no doc comment opens with a question word: it says what a thing is or does', () => {
  const found = sources.flatMap(({ path, text }) => questionOpenings(text).map(line => `${path}: ${line}`))
  assert.equal(found, [])
})

test('no name of a type is declared in two files', () => {
  assert.ok(sources.length > 400)
  const checked = sources.filter(file => !isGenerated(file) && file.path !== builderValues)
  assert.equal(declaredTwice(checked), [])
})

test('both rules find what they forbid', () => {
  const comments =
    '/** Whether it runs. */\n/**\n * Where it lies.\n */\n/** However, fine. */\n/** True if what is read. */'
  assert.equal(questionOpenings(comments), ['Whether it runs. */', 'Where it lies.'])
  const files = [
    { path: 'a.ts', text: 'export interface Place {}\nexport type Part<A> = A\n  type Inner = 1' },
    { path: 'b.ts', text: 'export declare class Place {}\ntype Inner = 1\nimport type { Part } from "./a.ts"' },
  ]
  assert.equal(declaredTwice(files), ['Place: a.ts, b.ts'])
})

test.run()
