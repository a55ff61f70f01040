/** The schema as an editor's validator reads it: ajv over what `terroir schema` prints. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { parse } from 'yaml'
import { editorSchema } from '../../dsl/print/editor_schema.ts'
import { projectRoot } from '../support.ts'
import { smallRecipe } from './support.ts'

const validate = new Ajv2020({ strict: false, discriminator: true }).compile(editorSchema() as object)

/** True if an editor reports no fault of a text. */
const isFine = (text: string): boolean => validate(parse(text, { merge: true }))

const recipesIn = (folder: string): readonly string[] =>
  readdirSync(join(projectRoot, folder), { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.yaml'))
    .map(file => readFileSync(join(projectRoot, folder, file), 'utf8'))

test('recipes of the project have no squiggle, parameters included', () => {
  for (const text of recipesIn('recipes')) assert.ok(isFine(text), JSON.stringify(validate.errors))
})

const changed = 'extends: base.yaml\n'

test('a recipe that extends another writes what it changes', () => {
  for (const part of [
    '',
    'name: other\n',
    'train: { pretrain: { batch_size: 32 } }\n',
    'train: { pretrain: { batch_size: "${params.batch}", optimizer: { weight_decay: 0.1 } } }\n',
    'claims: { learns: null }\nsources: { web: null }\nfilters: { overhead: { threshold: 0.7 } }\n',
    'resources: null\nmodels: { tiny: { vision: { width: 64 }, text: { width: null } } }\n',
    'evaluate: { retrieval: { data: places.val } }\n',
  ])
    assert.ok(isFine(changed + part), `${part} ${JSON.stringify(validate.errors)}`)
})

test('what no recipe may write has a squiggle there, too', () => {
  for (const part of [
    'tain: {}\n',
    'train: { pretrain: { batch_sise: 32 } }\n',
    'train: { pretrain: { batch_size: many } }\n',
    'train: { pretrain: { phases: [{ name: first }] } }\n',
    'filters: { overhead: { kind: classifyer } }\n',
    'filters: { overhead: { kind: classifier, min_words: 3 } }\n',
    'extends: null\n',
  ])
    assert.not.ok(isFine(part.startsWith('extends') ? part : changed + part), part)
})

test('a recipe of its own still needs all of a recipe', () => {
  assert.ok(isFine(smallRecipe))
  for (const missing of [/^name: .*$/m, /^ {4}imagery: .*$/m, / {4}model: tiny\n/, /, origin: a guess/])
    assert.not.ok(isFine(smallRecipe.replace(missing, '')), String(missing))
})

test.run()
