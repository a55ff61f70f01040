/** The name of a kind stands in its two homes and in the registries, and nowhere else. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { registry, stageDefinitions } from '../../dsl/kinds/registry.ts'
import { projectRoot } from '../support.ts'

/** Files that are generated from the registries. */
const generated = /^dsl\/(mod\.ts|schema\/|read\/kind_builders\.ts|kinds\/filled\.ts|kinds\/\w+\/specs\.ts)/

/** Homes of kinds: definitions, implementations, and the starter recipe. */
const homes = /^(dsl\/kinds|runtime\/kinds)\/|^dsl\/generate\/starter_recipe\.ts$|^runtime\/app\/starter_text\.ts$/

/**
 * Words that are names of kinds and other things, too: a section and a split, kinds of entries of a file system, a file
 * of a Hugging Face tokenizer, a column of tables. The networks of `runtime/model` have the names of their architectures.
 */
const shared: { readonly [name: string]: RegExp } = {
  train: /./,
  folder: /./,
  caption: /./,
  tokenizer: /^runtime\/app\/explain_stage\.ts$/,
  landmarks: /^runtime\/data\/clauses\.ts$/,
  mammut: /^runtime\/model\//,
  openclip: /^runtime\/model\//,
}

const files = ['dsl', 'runtime'].flatMap(folder =>
  readdirSync(join(projectRoot, folder), { recursive: true, encoding: 'utf8' })
    .map(name => `${folder}/${name.replaceAll('\\', '/')}`)
    .filter(name => name.endsWith('.ts') && !generated.test(name) && !homes.test(name)),
)

/** Text without comments: documentation may give names as examples. */
const code = (text: string): string => text.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')

test('names of kinds stand in their homes alone', () => {
  const kinds = new Set([
    ...Object.values(registry).flatMap(section => Object.values(section).map(({ kind }) => kind)),
    ...stageDefinitions.keys(),
  ])
  assert.ok(kinds.size > 20)
  const strangers = files.flatMap(file => {
    const text = code(readFileSync(join(projectRoot, file), 'utf8'))
    return [...kinds]
      .filter(kind => text.includes(`'${kind}'`) && !shared[kind]?.test(file))
      .map(kind => `${file} names '${kind}'`)
  })
  assert.equal(strangers, [])
})

test.run()
