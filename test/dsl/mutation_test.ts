/** Generated single faults over a recipe: each gives exactly one error, at its line, with the right suggestion. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { position } from '../../dsl/read/located.ts'
import { projectRoot } from '../support.ts'
import { loadTexts } from './support.ts'

const text = readFileSync(join(projectRoot, 'test/specs/check/fine/recipe.yaml'), 'utf8')
const lines = text.split('\n')

interface Mutation {
  readonly line: number
  readonly from: string
  readonly to: string
}

/** One slip of each sort: a letter lost, doubled, swapped with the next, replaced. */
function slips(word: string): readonly string[] {
  if (word === '') return []
  const at = Math.floor(word.length / 2)
  const [before, letter = '', next = '', after] = [word.slice(0, at), word[at], word[at + 1], word.slice(at + 2)]
  const all = [
    before + next + after,
    before + letter + letter + next + after,
    before + next + letter + after,
    `${before}q${next}${after}`,
  ]
  return [...new Set(all)].filter(slip => slip !== word && /^[a-z]/.test(slip))
}

const fields = new Set(
  'seed sources filters train distill evaluate claims kind table imagery ground_sizes tile_size captions samples threshold against image_size patch_size vision width layers heads text tokenizer model batch_size phases learning_rate queries prompts rounds templates metric at_least origin data'.split(
    ' ',
  ),
)
const references = /(?:from|model|data|against|metric): \[?([a-z]+[a-z0-9_.]*)\]?$/
const choices = /(?:kind|imagery): ([a-z-]+)$/

const mutations: readonly Mutation[] = lines.flatMap((line, index) => {
  const key = /^ *(?:- )?([a-z_]+):/.exec(line)?.[1] ?? ''
  const value = (references.exec(line) ?? choices.exec(line))?.[1] ?? ''
  const [name = '', ...parts] = value.split('.')
  return [
    ...(fields.has(key) ? slips(key).map(slip => ({ line: index, from: `${key}:`, to: `${slip}:` })) : []),
    ...slips(name).map(slip => ({
      line: index,
      from: `: ${line.includes('[') ? '[' : ''}${name}`,
      to: `: ${line.includes('[') ? '[' : ''}${slip}`,
    })),
    ...slips(parts.join('.')).map(slip => ({ line: index, from: `.${parts.join('.')}`, to: `.${slip}` })),
  ]
})

async function outcome({
  line,
  from,
  to,
}: Mutation): Promise<{ readonly fault?: string; readonly isSuggested: boolean }> {
  const mutated = lines.with(line, (lines[line] ?? '').replace(from, to)).join('\n')
  const { diagnostics } = await loadTexts({ 'recipe.yaml': mutated, 'places.geojson': '{}' })
  const errors = diagnostics.filter(({ severity }) => severity === 'error')
  const [first] = errors
  const what = `line ${line + 1}, '${from}' -> '${to}'`
  if (first === undefined || errors.length > 1)
    return {
      fault: `${what}: ${errors.map(({ code, message }) => `${code} ${message}`).join('; ') || 'accepted'}`,
      isSuggested: false,
    }
  const at = position(first.span.source, first.span.start).line
  if (at !== line + 1) return { fault: `${what}: told at line ${at}`, isSuggested: false }
  const { edit } = first.fix ?? {}
  const mended = edit ? mutated.slice(0, edit.span.start) + edit.text + mutated.slice(edit.span.end) : mutated
  return { isSuggested: mended === text }
}

test('each slip gives one error at its line', async () => {
  assert.ok(mutations.length > 300, `${mutations.length} mutations`)
  const outcomes = await Promise.all(mutations.map(outcome))
  assert.equal(
    outcomes.flatMap(({ fault }) => fault ?? []),
    [],
  )
  const suggested = outcomes.filter(({ isSuggested }) => isSuggested).length
  assert.ok(suggested / mutations.length > 0.95, `${suggested} of ${mutations.length} suggestions are right`)
})

test.run()
