/** Pairs of generated faults in one recipe: one pass finds both, and never a third that follows from them. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { createRandom } from '../../runtime/data/random.ts'
import { projectRoot } from '../support.ts'
import { type Mutation, mutationsOf } from './mutations.ts'
import { loadTexts } from './support.ts'

interface Edit {
  readonly start: number
  readonly end: number
  readonly text: string
  readonly mutation: Mutation
}

/** The one place at which a mutation differs from the recipe. */
function editOf(recipe: string, mutation: Mutation): Edit {
  const { text } = mutation
  const shorter = Math.min(recipe.length, text.length)
  let start = 0
  while (start < shorter && recipe[start] === text[start]) start++
  let tail = 0
  while (tail < shorter - start && recipe.at(-1 - tail) === text.at(-1 - tail)) tail++
  return { start, end: recipe.length - tail, text: text.slice(start, text.length - tail), mutation }
}

test('one pass finds both of two faults, and nothing that follows from them', async () => {
  const recipe = readFileSync(join(projectRoot, 'test/specs/check/fine/recipe.yaml'), 'utf8')
  // Behind a tab that indents, nothing can be read.
  const edits = mutationsOf(recipe)
    .filter(({ sort }) => sort !== 'tab')
    .map(mutation => editOf(recipe, mutation))
  const random = createRandom(1, 'pairs of faults')
  const outcomes = { pairs: 0, found: 0 }
  const missed: string[] = []
  while (outcomes.pairs < 100) {
    const [a, b] = random
      .shuffle(edits)
      .slice(0, 2)
      .sort((one, other) => one.start - other.start)
    if (a === undefined || b === undefined || b.start - a.end < 40) continue
    const text = `${recipe.slice(0, a.start)}${a.text}${recipe.slice(a.end, b.start)}${b.text}${recipe.slice(b.end)}`
    const { diagnostics } = await loadTexts({ 'recipe.yaml': text, 'places.geojson': '{}' })
    const errors = diagnostics.filter(({ severity }) => severity === 'error').map(({ message }) => message)
    const about = `${a.mutation.what}; ${b.mutation.what}: ${errors.join('; ')}`
    assert.ok(errors.length === 1 || errors.length === 2, about)
    outcomes.pairs++
    if (errors.length === 2) outcomes.found++
    else missed.push(about)
  }
  // One fault may hide another that depends on it, such as the split of a source that cannot be read.
  assert.ok(outcomes.found >= 95, missed.join('\n'))
})

test.run()
