import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { stringify } from 'yaml'
import { checkSchema } from '../../dsl/check/schema.ts'
import { loadRecipe } from '../../dsl/compile/load.ts'
import { referencePage } from '../../dsl/print/reference.ts'
import { exampleOf } from '../../dsl/print/reference_fields.ts'
import { readYaml } from '../../dsl/read/yaml.ts'
import { recipeSchema, resolved, type SchemaNode } from '../../dsl/schema/schema_node.ts'
import { projectRoot } from '../support.ts'
import { sourceOf } from './support.ts'

test('every link of the reference leads to a heading, and every heading is met once', () => {
  const page = referencePage(recipeSchema)
  const anchors = [...page.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^a-z0-9 _-]/g, '')
      .replaceAll(' ', '-'),
  )
  assert.is(new Set(anchors).size, anchors.length)
  const links = new Set([...page.matchAll(/\]\(#([^)]*)\)/g)].map(match => match[1] ?? ''))
  assert.ok(links.size > 20)
  assert.equal(
    [...links].filter(link => !anchors.includes(link)),
    [],
  )
})

test('the examples of the reference hold: each kind of entry, put into a recipe, has the shape of one', () => {
  const examples = [...referencePage(recipeSchema).matchAll(/```yaml\n(.*?)```/gs)].map(match => match[1] ?? '')
  assert.ok(examples.length > 10)
  for (const example of examples) {
    const { value } = readYaml(
      sourceOf(`name: whole\n${example.startsWith('sources:') ? '' : 'sources: {}\n'}${example}`),
    )
    assert.equal(value && checkSchema(value).map(({ message }) => message), [], example)
  }
})

test('the examples of single fields hold: each, in an entry of its kind, has the shape of one', () => {
  let count = 0
  for (const [section, { additionalProperties }] of Object.entries(recipeSchema.properties ?? {})) {
    if (typeof additionalProperties !== 'object') continue
    const entry = resolved(additionalProperties)
    for (const variant of (entry.oneOf ?? [entry]).map(resolved)) {
      const whole = exampleOf(variant, reference => resolved({ $ref: reference }))
      for (const [field, { examples = [] }] of Object.entries(variant.properties ?? {}))
        for (const example of examples) {
          count += 1
          const recipe = { name: 'whole', sources: {}, [section]: { first: { ...Object(whole), [field]: example } } }
          const { value } = readYaml(sourceOf(stringify(recipe)))
          assert.equal(value && checkSchema(value).map(({ message }) => message), [], `${section} ${field}`)
        }
    }
  }
  assert.ok(count > 30, `${count}`)
})

test('every field is described, and what may be left out has a default or is known to mean something by its absence', () => {
  const withoutDefault = new Set<string>()
  for (const [name, definition] of Object.entries({ Recipe: recipeSchema, ...recipeSchema.$defs }))
    for (const [field, property] of Object.entries(definition.properties ?? {})) {
      const isRequired = requiredOf(definition).includes(field)
      if (!isRequired && property.default === undefined) withoutDefault.add(field)
      assert.ok(field === 'kind' || property.description || property.$ref, `${name}.${field} lacks a description`)
    }
  const known = [
    'at_least',
    'at_most',
    'bands',
    'captions',
    'cities_above',
    'context_length',
    'contrastive',
    'ema',
    'embed_dim',
    'expect',
    'extends',
    'freeze',
    'heads',
    'image_size',
    'images',
    'label',
    'layer_decay',
    'layers',
    'micro_batch',
    'mlp',
    'over',
    'overhead',
    'patch_size',
    'repeat',
    'scale',
    'schedule',
    'seed',
    'slot_memory',
    'stop_early',
    'temperature',
    'text',
    'threads',
    'tile_size',
    'val',
    'vision',
    'vocab_size',
    'weights',
    'width',
  ]
  assert.equal([...withoutDefault].sort(), known)
})

const requiredOf = (schema: SchemaNode): readonly unknown[] =>
  'required' in schema && Array.isArray(schema.required) ? schema.required : []

test('the recipes of the project are fine', async () => {
  const folder = join(projectRoot, 'recipes')
  for (const file of readdirSync(folder).filter(name => /\.(yaml|ts)$/.test(name))) {
    const { diagnostics, variants } = await loadRecipe(join(folder, file))
    const isElsewhere = variants.every(({ recipe }) => recipe.resources.elsewhere)
    // Data that a recipe says lies elsewhere may be here or not.
    const told = diagnostics.filter(
      ({ code, severity }) => !(isElsewhere && code === 'missing-file' && severity === 'warning'),
    )
    assert.equal(
      told.map(({ code, message }) => `${file}: ${code}: ${message}`),
      [],
    )
  }
})

test.run()
