/** Generated single faults over recipes: each gives exactly one error, at its line and column, with the right suggestion. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { position } from '../../dsl/read/located.ts'
import { projectRoot } from '../support.ts'
import { type Mutation, mutationsOf } from './mutations.ts'
import { loadTexts } from './support.ts'

/** Files that the recipes name, beside them. */
const beside = { 'places.geojson': '{}', 'data/landmarks.geojson': '{}' }

interface Outcome {
  readonly sort: string
  /** Why this is not what it should be. */
  readonly fault?: string
  readonly isTypo: boolean
  readonly isSuggested: boolean
}

/** Loads one mutation of a recipe; `original` is the text that a right suggestion brings back. */
async function outcome(file: string, mutation: Mutation, original: string): Promise<Outcome> {
  const { sort, what, text, at, isTypo } = mutation
  const { diagnostics } = await loadTexts({ [file]: text, ...beside })
  const [first, ...others] = diagnostics.filter(({ severity }) => severity === 'error')
  const end = (fault?: string, isSuggested = false): Outcome => ({
    sort,
    isTypo,
    isSuggested,
    ...(fault !== undefined && { fault: `${sort}: ${what}: ${fault}` }),
  })
  if (first === undefined) return end('accepted')
  const told = [first, ...others].map(({ code, message }) => `${code} ${message}`).join('; ')
  if (others.length > 0) return end(`${others.length + 1} errors: ${told}`)
  const [is, should] = [first.span.start, at].map(offset => position({ ...first.span.source, text }, offset))
  if (is?.line !== should?.line || is?.column !== should?.column)
    return end(`told at ${is?.line}:${is?.column}, not ${should?.line}:${should?.column}: ${told}`)
  const { edit } = first.fix ?? {}
  const mended = edit ? text.slice(0, edit.span.start) + edit.text + text.slice(edit.span.end) : text
  return end(undefined, mended === original)
}

/** In turns of a few: each has a folder of its own. */
async function outcomes(file: string, mutations: readonly Mutation[], original: string): Promise<readonly Outcome[]> {
  const waiting = [...mutations]
  const done: Outcome[] = []
  const lane = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) done.push(await outcome(file, next, original))
  }
  await Promise.all(Array.from({ length: 8 }, lane))
  return done
}

function judge(all: readonly Outcome[], least: number): void {
  assert.ok(all.length >= least, `${all.length} mutations`)
  assert.equal(
    all.flatMap(({ fault }) => fault ?? []),
    [],
  )
  const typos = all.filter(({ isTypo }) => isTypo)
  const right = typos.filter(({ isSuggested }) => isSuggested).length
  console.log(`${all.length} faults; ${right} of ${typos.length} suggestions are right`)
  assert.ok(right / typos.length >= 0.95, `${right} of ${typos.length} suggestions are right`)
}

for (const [path, least] of [
  ['recipes/quickstart.yaml', 400],
  ['test/specs/check/fine/recipe.yaml', 300],
] as const)
  test(`each of the single faults in ${path} gives one error at its place`, async () => {
    const text = readFileSync(join(projectRoot, path), 'utf8')
    judge(await outcomes('recipe.yaml', mutationsOf(text), text), least)
  })

test.run()
