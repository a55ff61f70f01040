/** What `terroir explain` says of a stage: what its key is made of, whether it is stored, what changed since the lock. */
import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { type Change, changesSince } from '../../dsl/compile/changes.ts'
import { leaves } from '../../dsl/compile/leaves.ts'
import type { LoadedRecipe, Variant } from '../../dsl/compile/load.ts'
import { parseLock } from '../../dsl/compile/lock_text.ts'
import { inputText, type Json, type OutlinedStage } from '../../dsl/compile/plan.ts'
import { type Provenance, provenance } from '../../dsl/compile/provenance.ts'
import { canonical } from '../../dsl/values/canonical.ts'
import { alignColumns } from '../report/table.ts'
import type { Result } from '../store/store.ts'
import { sourceText } from './explain_value.ts'
import { lockPath } from './lock_file.ts'
import { type LoadedOutline, notHere } from './recipe.ts'

/** The lines on a stage; `results` are those stored for its plan. */
export async function explainStage(
  stage: OutlinedStage,
  { plan, loaded }: LoadedOutline,
  results: ReadonlyMap<string, Result>,
): Promise<readonly string[]> {
  const keys = new Map(plan.stages.map(({ id, key }) => [id, key]))
  const inputs = Object.entries(stage.inputs).map(([role, input]) => [
    role,
    inputText(input),
    keys.get(input.stage)?.slice(0, 8) ?? '',
    keys.get(input.stage) === undefined ? notHere : results.has(input.stage) ? 'cached' : 'to run',
  ])
  const values = (tree: OutlinedStage['params']) =>
    leaves(tree).map(({ path, value }) => {
      const found = parameterSource(loaded, stage, path)
      return [path.join('.'), canonical(value), found ? sourceText(found) : '']
    })
  return [
    `${stage.id} (${stage.kind}, version ${stage.version})`,
    ...stateLines(stage, results.get(stage.id)),
    ...(await lockLines(stage, { plan, loaded })),
    ...section('inputs', inputs),
    ...section(
      'files',
      stage.externals.map(({ name, sha256 }) => [name, sha256?.slice(0, 8) ?? 'not here']),
    ),
    ...section('parameters', values(stage.params)),
    ...section('settings, which are no part of the key', values(stage.settings)),
  ]
}

function stateLines({ key, absent = [] }: OutlinedStage, result: Result | undefined): readonly string[] {
  if (key === undefined)
    return [
      `  key     not known here: it waits for ${absent.map(name => `'${name}'`).join(', ')}`,
      `  state   ${notHere}`,
    ]
  return [
    `  key     ${key}`,
    `  state   ${result ? `cached in ${result.folder}` : 'to run: no result of this key is stored'}`,
  ]
}

const section = (title: string, rows: readonly (readonly string[])[]): readonly string[] =>
  rows.length === 0 ? [] : [`  ${title}`, ...alignColumns(rows).map(line => `    ${line}`)]

/** How the stage stands to the lock beside the recipe: the same key, or all that makes it another. */
async function lockLines(stage: OutlinedStage, { plan, loaded }: LoadedOutline): Promise<readonly string[]> {
  const path = lockPath(loaded.path)
  const name = basename(path)
  const text = await readFile(path, 'utf8').catch(() => undefined)
  const lock = text === undefined ? undefined : parseLock(text)
  if (lock === undefined)
    return [`  lock    ${text === undefined ? `no ${name} yet; a finished run writes it` : `${name} is no lock`}`]
  const changes = changesSince(lock, plan, stage)
  if (stage.key === undefined && changes.length === 0) return [`  lock    as in ${name}, as far as its data is here`]
  if (changes.length === 0) return [`  lock    the key is that in ${name}: nothing it depends on has changed`]
  return [
    `  lock    the key is not that in ${name}, because`,
    ...changes.map(change => `    ${changeText(change, stage, loaded)}`),
  ]
}

function changeText(change: Change, of: OutlinedStage, loaded: LoadedRecipe): string {
  const where = change.stage === of ? '' : `${change.stage.id}: `
  if (change.kind === 'stage') return `${where}the stage '${change.stage.id}' is new`
  const what = `${where}${change.kind}${change.name === '' ? '' : ` '${change.name}'`}`
  const show = (value: Json): string => (change.kind === 'file' ? String(value).slice(0, 8) : plainText(value))
  if (change.after === undefined) return `${what} is gone`
  if (change.before === undefined) return `${what} is new: ${show(change.after)}`
  const source = change.kind === 'parameter' && parameterSource(loaded, change.stage, change.name.split('.'))
  return `${what} was ${show(change.before)}, is ${show(change.after)}${source ? ` (${sourceText(source)})` : ''}`
}

const plainText = (value: Json): string => (typeof value === 'string' ? value : canonical(value))

/** Where the recipe says a parameter. */
function parameterSource(
  { variants }: LoadedRecipe,
  stage: OutlinedStage,
  path: readonly string[],
): Provenance | undefined {
  const [variant] = variants
  return variant && placesOf(variant, stage, path).flatMap(place => provenance(variant, place) ?? [])[0]
}

/** Where the recipe may say a parameter: in the stage's entry, in what is around it, in its architecture. */
function placesOf(
  { recipe }: Variant,
  { path: entry }: OutlinedStage,
  path: readonly string[],
): readonly (readonly string[])[] {
  const around = [...entry, ''].map((_, depth) => [...entry.slice(0, entry.length - depth), ...path])
  const [section, name = ''] = entry
  const [first, ...inside] = path
  const model = section === 'train' && first === 'model' ? recipe.train[name]?.model : undefined
  const architecture =
    model === undefined
      ? []
      : [
          ['models', model, ...inside],
          ['models', model, 'tokenizer', ...inside],
        ]
  return [...around, ...architecture, [...entry, 'tokenizer', ...path]]
}
