/** Properties of the language, over recipes at random. */
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Document, isScalar, Scalar, visit } from 'yaml'
import type { Plan } from '../../dsl/compile/plan.ts'
import { formatYaml } from '../../dsl/print/format.ts'
import { readYaml } from '../../dsl/read/yaml.ts'
import { canonical } from '../../dsl/values/canonical.ts'
import { plain } from '../../dsl/values/located.ts'
import { filesBeside, type Plain, type PlainMap, recipes } from './arbitrary.ts'
import { planTexts, sourceOf } from './support.ts'
import { typeScriptOf } from './typescript_printer.ts'

const planOf = (text: string, sets: readonly string[] = []): Promise<Plan> =>
  planTexts({ 'recipe.yaml': text, ...filesBeside }, sets)

/** Keys by stage: the order of entries orders the stages of a plan, and nothing else. */
const keysOf = ({ stages }: Plan) => stages.map(({ id, key }) => `${id} ${key}`).sort()

/** JSON is YAML of the plainest style. */
const json = (recipe: PlainMap): string => JSON.stringify(recipe)

/** One text of a recipe: keys in any order, blocks or braces, quotes, comments, and anchors for what is there twice. */
function styled(recipe: PlainMap, random: () => number): string {
  const document = new Document(shared(recipe, random))
  visit(document, {
    Collection: (key, node) => {
      // A key cannot stand before a block on one line.
      if (node !== document.contents && random() < 0.4) node.flow = true
      if (typeof key === 'number' && random() < 0.2) node.commentBefore = ' of an item'
    },
    Pair: (_, { key }) => {
      if (isScalar(key) && random() < 0.2) key.commentBefore = ` note ${Math.floor(random() * 1e6)}`
    },
    Scalar: (_, node) => {
      if (typeof node.value !== 'string') return
      const styles = [Scalar.QUOTE_DOUBLE, Scalar.QUOTE_SINGLE, Scalar.PLAIN] as const
      node.type = styles[Math.floor(random() * 3)] ?? Scalar.PLAIN
    },
  })
  return document.toString({ indent: random() < 0.5 ? 2 : 4, lineWidth: 0 })
}

/** The same values, keys in any order, equal lists and mappings being one object, which the printer gives an anchor. */
function shared(recipe: PlainMap, random: () => number): unknown {
  const known = new Map<string, unknown>()
  const share = (value: Plain): unknown => {
    if (typeof value !== 'object' || value === null) return value
    const text = JSON.stringify(value)
    const made =
      known.get(text) ??
      (Array.isArray(value)
        ? value.map(share)
        : Object.fromEntries(
            Object.entries(value)
              .map(([name, field]) => ({ name, field, rank: random() }))
              .sort((a, b) => a.rank - b.rank)
              .map(({ name, field }) => [name, share(field)]),
          ))
    if (text.length > 20) known.set(text, made)
    return made
  }
  return share(recipe)
}

const seeds = fc.nat(1e6)

/** Numbers from 0 to 1, by a linear congruential generator. */
function drawn(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1103515245 + 12345) % 2147483648
    return state / 2147483648
  }
}

function holds<T extends unknown[]>(runs: number, property: fc.IAsyncProperty<T>): Promise<void> {
  return fc.assert(property, { seed: 12, numRuns: runs, includeErrorInReport: true } as const)
}

test('recipes at random are fine, and of every kind', async () => {
  const kinds = new Set<string>()
  await holds(
    60,
    fc.asyncProperty(recipes, async recipe => {
      for (const { kind } of (await planOf(json(recipe))).stages) kinds.add(kind)
    }),
  )
  assert.is(kinds.size, 24, [...kinds].join(', '))
})

test('what is printed in any style reads back as it was', () =>
  holds(
    200,
    fc.asyncProperty(recipes, seeds, async (recipe, seed) => {
      const text = styled(recipe, drawn(seed))
      const { value, diagnostics } = readYaml(sourceOf(text))
      assert.equal(diagnostics, [], text)
      assert.ok(value)
      assert.is(canonical(plain(value)), canonical(recipe), text)
      const laidOut = readYaml(sourceOf(formatYaml(text))).value
      assert.ok(laidOut)
      assert.is(canonical(plain(laidOut)), canonical(recipe), formatYaml(text))
    }),
  ))

test('comments, order and style change no key, nor does laying out, which is done once', () =>
  holds(
    60,
    fc.asyncProperty(recipes, seeds, async (recipe, seed) => {
      const text = styled(recipe, drawn(seed))
      const keys = keysOf(await planOf(json(recipe)))
      assert.equal(keysOf(await planOf(text)), keys, text)
      const laidOut = formatYaml(text)
      assert.is(formatYaml(laidOut), laidOut)
      assert.equal(keysOf(await planOf(laidOut)), keys, laidOut)
      const notes = (of: string) => [...of.matchAll(/# (?:note \d+|of an item)/g)].map(([note]) => note).sort()
      assert.equal(notes(laidOut), notes(text))
    }),
  ))

test('a TypeScript recipe has the plan of the YAML recipe of the same meaning, byte by byte', () =>
  holds(
    40,
    fc.asyncProperty(recipes, async recipe => {
      const anywhere = (plan: Plan): string => {
        const stages = plan.stages.map(({ files, ...stage }) => ({ ...stage, roles: Object.keys(files) }))
        return canonical({ ...plan, stages }).replaceAll(/"path":"[^"]*"/g, '')
      }
      const text = typeScriptOf(recipe)
      const plan = await planTexts({ 'recipe.ts': text, ...filesBeside })
      assert.is(anywhere(plan), anywhere(await planOf(json(recipe))), text)
    }),
  ))

/** RFC 7396, as it is written there. */
function merged(target: Plain | undefined, patch: Plain): Plain {
  if (!isRecord(patch)) return patch
  const result: Record<string, Plain> = isRecord(target) ? { ...target } : {}
  for (const [name, value] of Object.entries(patch))
    if (value === null) delete result[name]
    else result[name] = merged(result[name], value)
  return result
}

const isRecord = (value: Plain | undefined): value is PlainMap =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

test('a recipe that extends a base compiles as the merged text does', () =>
  holds(
    60,
    fc.asyncProperty(recipes, recipes, fc.nat(6), async (base, other, part) => {
      // Of another recipe, what fits any base: whole sections, single fields, and keys that are taken out.
      const removed = Object.fromEntries(
        ['description', 'seed', 'engine', 'claims'].slice(part % 5).map(key => [key, null]),
      )
      // An entry of another kind merges into one that is neither.
      const { theirs: _, ...sources } = isRecord(other.sources) ? other.sources : {}
      const patches: readonly PlainMap[] = [
        { name: 'patched', ...removed },
        { sources },
        { seed: 5, sources: { web: { overhead: 0.3, wrong_text: null } } },
        { models: { small: { embed_dim: 48, tokenizer: { from: ['places.train'] } } } },
        { train: { pretrain: { batch_size: 32, optimizer: { kind: 'adamw', beta1: 0.8 }, augment: null } } },
        { sources: { web: { samples: '3k' } }, evaluate: { second: null }, resources: null },
        { evaluate: { third: { kind: 'retrieval', model: 'pretrain', data: 'places.test' } } },
      ]
      const patch = patches[part] ?? {}
      const files = { 'recipe.yaml': json({ ...patch, extends: 'base.yaml' }), 'base.yaml': json(base), ...filesBeside }
      const whole = merged(base, patch)
      assert.ok(isRecord(whole))
      assert.equal(keysOf(await planTexts(files)), keysOf(await planOf(json(whole))), json(patch))
    }),
  ))

/** A value with one field changed; items of lists go by their name. */
function edited(value: Plain, [step, ...rest]: readonly string[], to: Plain): Plain {
  if (step === undefined) return to
  if (Array.isArray(value))
    return value.map(item => (isRecord(item) && item.name === step ? edited(item, rest, to) : item))
  const before = isRecord(value) ? value : {}
  return { ...before, [step]: edited(before[step] ?? {}, rest, to) }
}

test('--set changes a recipe as editing the file does', () => {
  const changes = fc.constantFrom<readonly [string, Plain]>(
    ['seed', 77],
    ['engine', 'webgpu'],
    ['sources.places.ground_sizes', ['800km']],
    ['sources.places.captions.per_image', 2],
    ['sources.web.samples', '9k'],
    ['sources.photos.split.test', 0.4],
    ['models.small.embed_dim', 40],
    ['models.small.tokenizer.vocab_size', 999],
    ['train.pretrain.batch_size', 16],
    ['train.pretrain.augment.dihedral', true],
    ['train.pretrain.optimizer', { kind: 'adamw', beta2: 0.9 }],
    ['evaluate.first', { kind: 'retrieval', model: 'pretrain', data: 'places.test' }],
  )
  return holds(
    60,
    fc.asyncProperty(recipes, fc.array(changes, { minLength: 1, maxLength: 3 }), async (recipe, all) => {
      const phases =
        recipe.train && isRecord(recipe.train) && isRecord(recipe.train.pretrain) && recipe.train.pretrain.phases
      const [first] = Array.isArray(phases) ? phases : []
      const rate = isRecord(first) ? [[`train.pretrain.phases.${first.name}.learning_rate`, 0.004] as const] : []
      const wanted = [...all, ...rate]
      const text = wanted.reduce((value: Plain, [path, to]) => edited(value, path.split('.'), to), recipe)
      assert.ok(isRecord(text))
      const sets = wanted.map(([path, to]) => `${path}=${typeof to === 'string' ? to : JSON.stringify(to)}`)
      assert.equal(keysOf(await planOf(json(recipe), sets)), keysOf(await planOf(json(text))), sets.join(' '))
    }),
  )
})

test.run()
