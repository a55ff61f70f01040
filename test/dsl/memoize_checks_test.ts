import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Check, memoizeChecks } from '../../dsl/check/memoize_checks.ts'
import type { Diagnostic } from '../../dsl/diagnostics/diagnostic.ts'
import type { FilledRecipe } from '../../dsl/kinds/filled.ts'
import { loadTexts, smallRecipe } from './support.ts'

/** Places of the small recipe that parameters may fill, and values for each: fine, bad in type, bad in meaning. */
const places = {
  samples: {
    at: 'samples: 1k, learn',
    put: (text: string) => `samples: ${text}, learn`,
    values: [1000, '2k', 3, 'many'],
  },
  data: {
    at: 'data: clean, samples',
    put: (text: string) => `data: ${text}, samples`,
    values: ['clean', 'web', 'cleam'],
  },
  filter: {
    at: 'kind: classifier',
    put: (text: string) => `kind: ${text}`,
    values: ['classifier', 'dedup', 'rules', 'rule'],
  },
  width: { at: 'vision: { width: 32', put: (text: string) => `vision: { width: ${text}`, values: [32, 33, 0] },
  bound: { at: 'at_least: 5', put: (text: string) => `at_least: ${text}`, values: [5, 'five'] },
} as const
type Place = keyof typeof places

/** The small recipe with parameters in some of its places. */
const withParameters = (names: readonly Place[]): string => {
  const inserted = names.reduce((text, name) => {
    const { at, put } = places[name]
    return text.replace(at, () => put(`'$\{params.${name}}'`))
  }, smallRecipe)
  return `${inserted}params:\n${names.map(name => `  ${name}: ${places[name].values[0]}\n`).join('')}`
}

const faultsOf = (diagnostics: readonly Diagnostic[]): ReadonlySet<string> =>
  new Set(
    diagnostics.map(({ code, message, span }) => `${code} ${message} ${span.source.text.slice(span.start, span.end)}`),
  )

test('a matrix is faultsOf of what each of its cells is faultsOf', () =>
  fc.assert(
    fc.asyncProperty(fc.subarray(Object.keys(places) as Place[], { minLength: 1, maxLength: 2 }), async names => {
      const recipe = withParameters(names)
      const matrix = `${recipe}matrix:\n${names.map(name => `  ${name}: [${places[name].values.join(', ')}]\n`).join('')}`
      const whole = await loadTexts({ 'r.yaml': matrix })
      const cells = names.reduce<readonly (readonly string[])[]>(
        (sets, name) => sets.flatMap(set => places[name].values.map(value => [...set, `params.${name}=${value}`])),
        [[]],
      )
      const alone = await Promise.all(cells.map(sets => loadTexts({ 'r.yaml': recipe }, sets)))
      const expected = new Set(alone.flatMap(({ diagnostics }) => [...faultsOf(diagnostics)]))
      assert.ok(expected.size > 0)
      assert.equal([...faultsOf(whole.diagnostics)].sort(), [...expected].sort())
    }),
    { numRuns: 12 },
  ))

test('a check runs once for all values that it does not read, and once for each that it does', async () => {
  const { variants } = await loadTexts({
    'r.yaml': `${withParameters(['samples', 'width'])}matrix: { samples: [1000, 2000, 3000], width: [32, 64] }\n`,
  })
  assert.is(variants.length, 6)
  const run = memoizeChecks(variants.map(({ recipe }) => recipe))
  const runs = new Map<Check, number>()
  const counted = (read: (recipe: FilledRecipe) => unknown): Check => {
    const check: Check = ({ recipe }) => {
      read(recipe)
      runs.set(check, (runs.get(check) ?? 0) + 1)
      return []
    }
    return check
  }
  const checks = [
    counted(recipe => Object.keys(recipe.train)),
    counted(recipe => recipe.models.tiny?.vision.width),
    counted(recipe => recipe.train.pretrain?.phases.map(phase => ({ ...phase }))),
    counted(recipe => JSON.stringify(recipe)),
  ]
  for (const { recipe, tree } of variants) for (const check of checks) run(check, { recipe, tree, folder: '/' })
  assert.equal([...runs.values()], [1, 2, 3, 6])
})

test.run()
