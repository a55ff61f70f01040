/**
 * Writes what follows from `dsl/recipe.ts`: the JSON Schema, that for editors, the validator that ajv compiles, and the
 * reference page.
 *
 * A development tool (`npm run schema`): nothing that runs imports it, so neither the generator nor ajv is loaded
 * when a recipe is checked.
 */
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Ajv2020 } from 'ajv/dist/2020.js'
import standalone from 'ajv/dist/standalone/index.js'
import { createGenerator } from 'ts-json-schema-generator'
import { editorSchema } from '../print/editor_schema.ts'
import { referencePage } from '../print/reference.ts'
import type { SchemaNode } from './schema_node.ts'

const root = resolve(import.meta.dirname, '../../..')

/** The texts of the generated files, by path relative to the project. */
export function generatedFiles(): ReadonlyMap<string, string> {
  const schema = recipeSchema()
  return new Map([
    ['dsl/check/recipe.schema.json', `${JSON.stringify(schema, null, 2)}\n`],
    ['recipes/recipe.schema.json', `${JSON.stringify(editorSchema(schema))}\n`],
    ['dsl/check/validate_recipe.ts', validatorSource(schema)],
    ['docs/reference.md', referencePage(schema)],
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
    extraTags: ['unit', 'source'],
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
    '// @ts-nocheck: compiled by ajv from recipe.schema.json; see generate_schema.ts',
    '// biome-ignore-all lint: generated',
    '// biome-ignore-all format: generated',
    'import type { Failure } from "./schema_node.ts"',
    code.replace(
      exported,
      'export const validate: { (recipe: unknown): boolean; readonly errors?: readonly Failure[] | null } = $1;',
    ),
    '',
  ].join('\n')
}

/** How ajv's module exports its function: with a type it is one that TypeScript can use. */
const exported = /^"use strict";export const validate = (\w+);export default \w+;/

/** Validation needs neither descriptions, examples nor defaults; without them the code is half as long. */
function withoutNotes(schema: object): object {
  return JSON.parse(JSON.stringify(schema), (_key, node: unknown) => {
    if (typeof node !== 'object' || node === null || Array.isArray(node)) return node
    return Object.fromEntries(Object.entries(node).filter(([key, value]) => !isNote(key, value)))
  })
}

const isNote = (key: string, value: unknown): boolean =>
  (['description', 'unit', 'source'].includes(key) && typeof value === 'string') ||
  (key === 'examples' && Array.isArray(value)) ||
  key === 'default'

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  for (const [path, text] of generatedFiles()) writeFileSync(join(root, path), text)
