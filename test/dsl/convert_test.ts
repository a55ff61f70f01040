import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { stringify } from 'yaml'
import { compile } from '../../dsl/compile/compile.ts'
import { type LoadedRecipe, loadRecipe } from '../../dsl/compile/load.ts'
import { convertRecipe } from '../../dsl/print/convert.ts'
import { builderName, builders } from '../../dsl/read/builders.ts'
import { recipeSchema } from '../../dsl/schema/schema_node.ts'
import { canonical } from '../../dsl/values/canonical.ts'
import { inTempFolder, projectRoot } from '../support.ts'
import { smallRecipe, toyEnvironment } from './support.ts'

interface Converted {
  readonly text: string
  readonly plan: string
}

/** The recipes of the project by name, with the landmark table beside them. */
const projectRecipes: readonly (readonly [string, string])[] = readdirSync(join(projectRoot, 'recipes'))
  .filter(name => /\.(yaml|ts)$/.test(name))
  .map(name => {
    const text = readFileSync(join(projectRoot, 'recipes', name), 'utf8')
    return [name, text.replaceAll('data/landmarks.geojson', 'table.geojson')] as const
  })

/** Texts and plans of a recipe: as it is, turned into the other form, and turned back. */
function thereAndBack(name: string, text: string): Promise<readonly Converted[]> {
  return inTempFolder(async folder => {
    writeFileSync(join(folder, 'table.geojson'), '{}')
    mkdirSync(join(folder, 'photos'))
    const endings = name.endsWith('.ts') ? ['ts', 'yaml', 'ts'] : ['yaml', 'ts', 'yaml']
    // What recipes of the project extend.
    for (const [base, content] of projectRecipes) writeFileSync(join(folder, base), content)
    const done: Converted[] = []
    let now = text
    for (const [turn, ending] of endings.entries()) {
      const file = join(folder, `${turn}.${ending}`)
      writeFileSync(file, now)
      const loaded = await loadRecipe(file)
      done.push({ text: now, plan: planOf(loaded, now) })
      now = await convertRecipe(loaded)
    }
    return done
  })
}

function planOf(loaded: LoadedRecipe, text: string): string {
  const errors = loaded.diagnostics.filter(({ severity }) => severity === 'error')
  assert.equal(
    errors.map(({ code, message }) => `${code}: ${message}`),
    [],
    text,
  )
  return canonical(compile(loaded, toyEnvironment))
}

const commentLines = (text: string): readonly string[] =>
  [...text.matchAll(/(?:^|\s)(?:#|\/\/) (.*)$/gm)]
    .map(match => match[1] ?? '')
    .filter(line => !line.startsWith('yaml-language-server'))
    .sort()

async function assertSame(name: string, text: string): Promise<void> {
  const [first, ...others] = await thereAndBack(name, text)
  for (const other of others) {
    assert.is(other.plan, first?.plan, other.text)
    assert.equal(commentLines(other.text), commentLines(text))
  }
}

test('the recipes of the project, turned into the other form and back, have the same plans and comments', async () => {
  for (const [file, text] of projectRecipes) await assertSame(file, text)
})

test('a comment stays with what it speaks of', async () => {
  const text = `# About the file
# in two lines

# The name
name: commented
sources:
  # The photos
  photos:
    # A folder of mine
    kind: folder
    path: photos # here
models:
  tiny: # small
    kind: mammut
    vision: { width: 32, layers: 2, heads: 2 }
    text: { width: 32, layers: 2, heads: 2 }
    tokenizer:
      kind: bpe
      from:
        # all of them
        - photos
train:
  pretrain:
    model: tiny
    phases:
      # First and last
      - name: only
        data: photos.train
        samples: 1k # few
        learning_rate: 0.001
# The end
`
  const [, typescript, yaml] = await thereAndBack('recipe.yaml', text)
  assert.match(typescript?.text ?? '', /^\/\/ About the file\n\/\/ in two lines\n\nimport/)
  assert.match(
    typescript?.text ?? '',
    "// The photos\nconst photos = folder({\n  // A folder of mine\n  path: 'photos', // here\n",
  )
  assert.match(typescript?.text ?? '', "      samples: '1k', // few\n")
  assert.match(typescript?.text ?? '', /\}\)\n\/\/ The end\n$/)
  assert.equal(commentLines(yaml?.text ?? ''), commentLines(text))
  assert.match(yaml?.text ?? '', '      # First and last\n      - name: only\n')
})

test('recipes that extend others become patches, and back', () =>
  inTempFolder(async folder => {
    const at = (name: string): string => join(folder, name)
    writeFileSync(at('table.geojson'), '{}')
    writeFileSync(at('base.yaml'), smallRecipe)
    writeFileSync(
      at('a.yaml'),
      'extends: base.yaml\nname: other\nclaims: { learns: null }\ntrain: { pretrain: { batch_size: 32 } }\n',
    )
    const loaded = await loadRecipe(at('a.yaml'))
    writeFileSync(at('b.ts'), await convertRecipe(loaded))
    const turned = await loadRecipe(at('b.ts'))
    writeFileSync(at('c.yaml'), await convertRecipe(turned))
    const plans = [loaded, turned, await loadRecipe(at('c.yaml'))].map(one => planOf(one, one.path))
    assert.is(plans[1], plans[0])
    assert.is(plans[2], plans[0])
  }))

test('comments of imported files stay with what they speak of, and with nothing that begins as far into another file', () =>
  inTempFolder(async folder => {
    mkdirSync(join(folder, 'photos'))
    const shared = [
      "import { folder } from 'terroir'",
      '',
      '/** Delivered in 2024. */',
      'export const survey = folder({',
      "  path: 'photos', // as they came",
      '})',
      '// To be checked.',
    ]
    // Shifted, so that something of each file begins as far into it as something of the other.
    const own = [
      "import { rules, recipe } from 'terroir'",
      "import { survey } from './shared.ts'",
      '// Cheap ones.',
      'const kept = rules({ from: survey })',
      "export default recipe({ name: 'x', sources: { survey }, filters: { kept } })",
    ]
    writeFileSync(join(folder, 'shared.ts'), `${shared.join('\n')}\n`)
    for (let shift = 0; shift < 60; shift++) {
      const file = join(folder, 'recipe.ts')
      writeFileSync(file, [...own.slice(0, 2), `${' '.repeat(shift)}// Cheap ones.`, ...own.slice(3)].join('\n'))
      assert.is(
        await convertRecipe(await loadRecipe(file)),
        [
          'name: x',
          '',
          'sources:',
          '  # Delivered in 2024.',
          '  survey:',
          '    kind: folder',
          '    path: photos # as they came',
          '',
          'filters:',
          '  # Cheap ones.',
          '  kept:',
          '    kind: rules',
          '    from: survey',
          '',
          '# To be checked.',
          '',
        ].join('\n'),
      )
    }
  }))

test('every kind of the language has a builder', () => {
  const kinds = Object.values(recipeSchema.$defs ?? {}).flatMap(({ properties }) => properties?.kind?.const ?? [])
  assert.ok(kinds.length > 10)
  assert.equal(
    kinds.filter(kind => !builders.has(builderName(String(kind)))),
    [],
  )
})

test('every builder is declared, so that editors know it', () => {
  const declared = ['dsl/mod.ts', 'dsl/builder_values.ts'].flatMap(file => [
    ...readFileSync(join(projectRoot, file), 'utf8').matchAll(/^export declare function (\w+)/gm),
  ])
  assert.equal(declared.map(match => match[1]).sort(), [...builders.keys()].sort())
})

const words = fc.string({ minLength: 1, maxLength: 12, unit: fc.constantFrom(...'ab \'"`$#:{}\\é\n-0e1') })
const name = fc.constantFrom('train', 'new', 'recipe', 'photos', 'a-b', 'a_b', 'x', 'crawl', 'class')

/** Recipes with awkward names and texts, parameters, mixes and a matrix. */
const recipes = fc
  .record({
    names: fc.uniqueArray(name, { minLength: 5, maxLength: 5 }),
    description: words,
    seed: fc.nat(),
    prompts: fc.array(words, { minLength: 1, maxLength: 3 }),
    rate: fc.constantFrom(0.001, 1e-7, 0.25, 3e-9),
    samples: fc.constantFrom(1000, '1k', '${params.pairs}'),
    phase: fc.constantFrom('one', 'no', 'y'),
    matrix: fc.boolean(),
    weights: fc.option(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }))),
  })
  .map(({ names: [source = '', filter = '', model = '', run = '', distilled = ''], ...given }) => ({
    name: 'made',
    description: given.description,
    seed: given.seed,
    params: { pairs: '2k', title: 'x' },
    ...(given.matrix && { matrix: { pairs: ['2k', 3000] } }),
    sources: { [source]: { kind: 'folder', path: 'photos' } },
    filters: { [filter]: { kind: 'rules', from: source, blocked_words: ['${params.title} b'] } },
    models: {
      [model]: {
        kind: 'mammut',
        vision: { width: 32, layers: 2, heads: 2 },
        text: { width: 32, layers: 2, heads: 2 },
        tokenizer: { kind: 'bpe', from: [`${filter}.train`] },
      },
    },
    train: {
      [run]: {
        model,
        phases: [
          { name: given.phase, data: `${filter}.train`, samples: given.samples, learning_rate: given.rate },
          {
            name: 'mix',
            data: given.weights
              ? { [`${source}.train`]: given.weights[0], [`${filter}.train`]: given.weights[1] }
              : `${source}.train`,
            samples: '${params.pairs}',
            learning_rate: given.rate,
          },
        ],
      },
    },
    distill: {
      [distilled]: {
        model: `${run}.${given.phase}`,
        data: `${source}.train`,
        queries: { water: { prompts: given.prompts, against: ['land'] } },
        samples: 100,
        learning_rate: given.rate,
      },
    },
    evaluate: { found: { kind: 'retrieval', model: `${distilled}.1`, data: `${source}.test` } },
  }))

test('generated recipes turned into TypeScript and back have the same plans', async () => {
  await fc.assert(
    fc.asyncProperty(recipes, async recipe => {
      const text = stringify(recipe, { defaultStringType: 'QUOTE_DOUBLE' }).replaceAll(/(\d)e-/g, '$1.0e-')
      const [first, second, third] = await thereAndBack('recipe.yaml', text)
      assert.is(second?.plan, first?.plan, second?.text)
      assert.is(third?.plan, first?.plan, third?.text)
    }),
    { seed: 3, numRuns: 20 },
  )
})

test.run()
