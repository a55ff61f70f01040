/** The parts of a stage's key, the state of its result, and its changes since the lock. */
import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { type Change, changesSince } from '../../dsl/compile/changes.ts'
import { leaves } from '../../dsl/compile/leaves.ts'
import type { LoadedRecipe, Variant } from '../../dsl/compile/load.ts'
import { parseLock } from '../../dsl/compile/lock_text.ts'
import type { Input, Json, OutlinedStage } from '../../dsl/compile/plan.ts'
import { type Provenance, provenance } from '../../dsl/compile/provenance.ts'
import type { Result } from '../store/store.ts'
import { lockPath } from './lock_file.ts'
import type { OutlinedRecipe } from './recipe.ts'

/** State of a stage: its result is stored, or is to be made, or its key waits for files that are not on this machine. */
export type StageState = 'cached' | 'to run' | 'data not here'

/** An input of a stage, and the state of the stage that makes it. */
export interface ExplainedInput {
  readonly role: string
  readonly input: Input
  /** Absent where it waits for files that are not here. */
  readonly key?: string
  readonly state: StageState
}

/** A parameter or setting of a stage. */
export interface ExplainedParameter {
  /** Steps of the path. */
  readonly path: readonly string[]
  readonly value: Json
  /** Absent where the recipe does not say it. */
  readonly source?: Provenance
}

/** A difference from the lock. */
export interface ExplainedChange extends Change {
  /** The place in the recipe that says a changed parameter. */
  readonly source?: Provenance
}

/** Relation of a stage to the lock beside the recipe. */
export type LockRelation =
  | { readonly state: 'missing' | 'not a lock'; readonly file: string }
  /** No changes: the key is the locked one, as far as it is known here. */
  | { readonly state: 'compared'; readonly file: string; readonly changes: readonly ExplainedChange[] }

/** All that is known of a stage before it runs. */
export interface StageExplanation {
  readonly kind: 'stage'
  readonly stage: OutlinedStage
  readonly state: StageState
  /** The stored result. */
  readonly result?: Result
  readonly lock: LockRelation
  readonly inputs: readonly ExplainedInput[]
  readonly parameters: readonly ExplainedParameter[]
  /** Values that change no key. */
  readonly settings: readonly ExplainedParameter[]
}

/** Explains a stage; `results` are those that are stored for its plan. */
export async function explainStage(
  stage: OutlinedStage,
  { plan, loaded }: OutlinedRecipe,
  results: ReadonlyMap<string, Result>,
): Promise<StageExplanation> {
  const keys = new Map(plan.stages.map(({ id, key }) => [id, key]))
  const stateOf = (id: string): StageState =>
    keys.get(id) === undefined ? 'data not here' : results.has(id) ? 'cached' : 'to run'
  const result = results.get(stage.id)
  const parameters = (tree: OutlinedStage['params']) =>
    leaves(tree).map(({ path, value }) => ({ path, value, ...sourceOf(loaded, stage, path) }))
  return {
    kind: 'stage',
    stage,
    state: stateOf(stage.id),
    ...(result && { result }),
    lock: await lockRelation(stage, { plan, loaded }),
    inputs: Object.entries(stage.inputs).map(([role, input]) => {
      const key = keys.get(input.stage)
      return { role, input, ...(key !== undefined && { key }), state: stateOf(input.stage) }
    }),
    parameters: parameters(stage.params),
    settings: parameters(stage.settings),
  }
}

/** The relation of the stage to the lock beside the recipe: the same key, or all that makes it another. */
async function lockRelation(stage: OutlinedStage, { plan, loaded }: OutlinedRecipe): Promise<LockRelation> {
  const path = lockPath(loaded.path)
  const file = basename(path)
  const text = await readFile(path, 'utf8').catch(() => undefined)
  if (text === undefined) return { state: 'missing', file }
  const lock = parseLock(text)
  if (lock === undefined) return { state: 'not a lock', file }
  const changes = changesSince(lock, plan, stage).map(change => ({
    ...change,
    ...(change.kind === 'parameter' && sourceOf(loaded, change.stage, change.name.split('.'))),
  }))
  return { state: 'compared', file, changes }
}

/** The place in the recipe that says a parameter. */
function sourceOf(
  { variants: [variant] }: LoadedRecipe,
  stage: OutlinedStage,
  path: readonly string[],
): { readonly source?: Provenance } {
  const paths = variant === undefined ? [] : recipePaths(variant, stage, path)
  for (const found of paths) {
    const source = variant && provenance(variant, found)
    if (source !== undefined) return { source }
  }
  return {}
}

/** Paths in the recipe that may say a parameter: in the stage's entry, in what is around it, in its architecture. */
function recipePaths(
  { recipe }: Variant,
  { path: entry }: OutlinedStage,
  path: readonly string[],
): readonly (readonly string[])[] {
  const around = [...entry, ''].map((_, depth) => [...entry.slice(0, entry.length - depth), ...path])
  const [section, name = ''] = entry
  const [first, ...rest] = path
  const model = section === 'train' && first === 'model' ? recipe.train[name]?.model : undefined
  const architecture =
    model === undefined
      ? []
      : [
          ['models', model, ...rest],
          ['models', model, 'tokenizer', ...rest],
        ]
  return [...around, ...architecture, [...entry, 'tokenizer', ...path]]
}
