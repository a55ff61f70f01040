/**
 * Generates files from the definitions of kinds and the types of a recipe: the unions of kinds, the JSON Schema
 * and that for editors, the validator that ajv compiles, the types of a filled recipe, the builders, the reference page.
 *
 * A development tool that `npm run build` starts: nothing that runs imports it, so neither the generator nor ajv is loaded
 * when a recipe is checked. Where `CI` is set, a file that lags behind fails the build.
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import standalone from 'ajv/dist/standalone/index.js'
import { createGenerator } from 'ts-json-schema-generator'
import { modelKinds } from '../kinds/registry.ts'
import { convertRecipe } from '../print/convert.ts'
import { editorSchema } from '../print/editor_schema.ts'
import { referencePage } from '../print/reference.ts'
import type { SchemaNode } from '../schema/schema_node.ts'
import { builderListSource, buildersSource } from './builders.ts'
import { filledSource } from './filled.ts'
import { kindsOf, unionFile, unionSource } from './unions.ts'

const root = process.cwd()
const editorFile = 'recipes/recipe.schema.json'
const starterFile = 'runtime/app/starter_text.ts'

/** The texts of the files that follow from the schema, by path relative to the project. */
async function generatedFiles(): Promise<ReadonlyMap<string, string>> {
  const schema = recipeSchema()
  const sections = kindsOf(root)
  const trained = new Set(modelKinds.flatMap(({ kind, hasWeights }) => (hasWeights ? [kind] : [])))
  return new Map([
    ['dsl/schema/recipe.schema.json', `${JSON.stringify(schema, null, 2)}\n`],
    [editorFile, `${JSON.stringify(editorSchema(schema))}\n`],
    ['dsl/schema/validate_recipe.ts', validatorSource(schema)],
    ['dsl/kinds/filled.ts', filledSource(schema)],
    ['dsl/mod.ts', buildersSource(schema, sections, trained)],
    ['dsl/read/kind_builders.ts', builderListSource(schema, sections, trained)],
    ['docs/reference.md', referencePage(schema)],
    [
      starterFile,
      starterSource(await convertRecipe({ path: join(root, 'dsl/generate/starter_recipe.ts'), variants: [] })),
    ],
  ])
}

function recipeSchema(): SchemaNode {
  const generated = createGenerator({
    path: join(root, 'dsl/recipe.ts'),
    type: 'Recipe',
    tsconfig: join(root, 'tsconfig.json'),
    skipTypeCheck: true,
    topRef: false,
    additionalProperties: false,
    discriminatorType: 'open-api',
    extraTags: ['unit', 'source', 'presetBy'],
  }).createSchema('Recipe')
  const { definitions, ...recipe } = generated
  const text = JSON.stringify({
    ...recipe,
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $defs: definitions,
  })
  return JSON.parse(text.replaceAll('"#/definitions/', '"#/$defs/'))
}

function validatorSource(schema: object): string {
  const ajv = new Ajv2020({
    allErrors: true,
    allowUnionTypes: true,
    discriminator: true,
    messages: false,
    strictTypes: false,
    code: { source: true, esm: true },
  })
  const code = standalone.default(ajv, ajv.compile(withoutNotes(schema)))
  return [
    '// @ts-nocheck: compiled by ajv from recipe.schema.json; see dsl/generate',
    '// Generated',
    'import type { Failure } from "./schema_node.ts"',
    code.replace(
      exported,
      'export const validate: { (recipe: unknown): boolean; readonly errors?: readonly Failure[] | null } = $1;',
    ),
    '',
  ].join('\n')
}

/** The exports of ajv's module; they are replaced by one with a type that TypeScript can use. */
const exported = /^"use strict";export const validate = (\w+);export default \w+;/

/** Validation needs neither descriptions, examples nor defaults; without them the code is half as long. */
function withoutNotes(schema: object): object {
  return JSON.parse(JSON.stringify(schema), (_key, node: unknown) => {
    if (typeof node !== 'object' || node === null || Array.isArray(node)) return node
    return Object.fromEntries(Object.entries(node).filter(([key, value]) => !isNote(key, value)))
  })
}

const isNote = (key: string, value: unknown): boolean =>
  (['description', 'unit', 'source', 'presetBy'].includes(key) && typeof value === 'string') ||
  (key === 'examples' && Array.isArray(value)) ||
  key === 'default'

/** The starter recipe as a module: it is written in TypeScript, so that the compiler checks it, and given away as YAML. */
const starterSource = (yaml: string): string =>
  [
    '// Generated from dsl/generate/starter_recipe.ts by npm run build',
    '/** The text of the starter recipe. */',
    `export const starterText = ${JSON.stringify(yaml)}`,
    '',
  ].join('\n')

const stampFile = join(root, 'dist/generated.sha256')

/** Digest of the sources of the generated files, and of these files. */
function stamp(): string {
  const digest = createHash('sha256')
  const sources = ['dsl/recipe.ts', 'docs/reference.md', editorFile]
  for (const folder of ['dsl/kinds', 'dsl/recipe', 'dsl/generate', 'dsl/print', 'dsl/read', 'dsl/schema'])
    for (const name of readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).sort())
      if (/\.(ts|json)$/.test(name)) sources.push(join(folder, name))
  for (const file of [...sources, 'dsl/mod.ts', starterFile])
    digest.update(`${file}\n${existsSync(join(root, file)) ? readFileSync(join(root, file), 'utf8') : ''}`)
  return digest.digest('hex')
}

/** Writes a file if its text differs; true if it did. */
function settle(path: string, text: string): boolean {
  const file = join(root, path)
  if (existsSync(file) && readFileSync(file, 'utf8') === text) return false
  writeFileSync(file, text)
  return true
}

const known = existsSync(stampFile) ? readFileSync(stampFile, 'utf8') : ''
if (known !== stamp()) {
  const unions = kindsOf(root).map(section => [unionFile(section), unionSource(section)] as const)
  const lagging = unions.flatMap(([path, text]) => (settle(path, text) ? [path] : []))
  for (const [path, text] of await generatedFiles()) if (settle(path, text)) lagging.push(path)
  if (lagging.length > 0 && process.env.CI) {
    console.error(`error: ${lagging.join(', ')} lagged behind the definitions; commit what npm run build has written`)
    process.exitCode = 1
  } else {
    for (const path of lagging) console.log(`${path} written`)
    mkdirSync(dirname(stampFile), { recursive: true })
    writeFileSync(stampFile, stamp())
  }
}
