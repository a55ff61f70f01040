/**
 * The lock: the inputs and the outputs of a run of a recipe, committed beside the recipe.
 *
 * It holds nothing of the machine or the time: a run that changes nothing makes the same lock.
 */
import { UserFault } from '../diagnostics/faults.ts'
import { canonical } from '../values/canonical.ts'
import { keyScheme, sha256 } from './keys.ts'
import { leaves } from './leaves.ts'
import { inputText, type Json, type Outline, type OutlinedStage, type Plan, type PlannedClaim } from './plan.ts'

/** The output of a stage. */
export interface StageOutput {
  /** Digest over files and metrics. */
  readonly digest: string
  readonly metrics: { readonly [name: string]: number }
}

/** A stage as a recipe compiles to it. */
export interface StageRecord {
  /** Absent if it depends on files that are not on this machine. */
  readonly key?: string
  /** Kind and version: `train@2`. */
  readonly kind: string
  /** Single values by dotted path. */
  readonly params: ReadonlyMap<string, Json>
  /** Inputs in words, by role: `places (train)`. */
  readonly inputs: ReadonlyMap<string, string>
  /** Digests of files by role; undefined for one that is not on this machine. */
  readonly files: ReadonlyMap<string, string | undefined>
  /** Names with versions of those files that are of packages, by role. */
  readonly packages: ReadonlyMap<string, string>
}

/** A stage as it was locked. */
export interface LockedStage extends StageRecord {
  readonly key: string
  readonly files: ReadonlyMap<string, string>
  readonly output: StageOutput
}

/** The part of a plan that a lock records. */
export interface PlanRecord {
  readonly name: string
  /** The key scheme of its keys. */
  readonly scheme: number
  /** By name. */
  readonly claims: ReadonlyMap<string, PlannedClaim>
  readonly stages: ReadonlyMap<string, StageRecord>
}

/** The contents of a lock. */
export interface Lock extends PlanRecord {
  /** Digest of the meaning of the recipe; see `recipeDigest`. */
  readonly recipe: string
  readonly stages: ReadonlyMap<string, LockedStage>
}

/** The lock of a plan whose stages are all done. Throws where an output is missing. */
export function lockOf(plan: Plan, outputs: ReadonlyMap<string, StageOutput>): Lock {
  const locked = plan.stages.map((stage): [string, LockedStage] => {
    const { id, key } = stage
    const output = outputs.get(id)
    if (output === undefined)
      throw new UserFault(`Stage "${id}" has no result, so the recipe cannot be locked`, { hint: 'run it first' })
    const { digest, metrics } = output
    const files = new Map(stage.externals.map(({ role, sha256 }) => [role, sha256]))
    return [id, { ...stageRecord(stage), key, files, output: { digest, metrics } }]
  })
  const record = { ...recordOf(plan), stages: new Map(locked) }
  return { ...record, recipe: recipeDigest(record) }
}

/** The record of a plan before it has run. */
export function recordOf({ name, stages, claims }: Outline): PlanRecord {
  return {
    name,
    scheme: keyScheme,
    claims: new Map(claims.map(claim => [claim.name, claim])),
    stages: new Map(stages.map(stage => [stage.id, stageRecord(stage)])),
  }
}

/** The record of a stage before it has run. */
export function stageRecord({ key, kind, version, params, inputs, externals }: OutlinedStage): StageRecord {
  return {
    ...(key !== undefined && { key }),
    kind: `${kind}@${version}`,
    params: new Map(leaves(params).map(({ path, value }) => [path.join('.'), value])),
    inputs: new Map(Object.entries(inputs).map(([role, input]) => [role, inputText(input)])),
    files: new Map(externals.map(({ role, sha256 }) => [role, sha256])),
    packages: new Map(externals.flatMap(({ role, name, isOfPackage }) => (isOfPackage ? [[role, name] as const] : []))),
  }
}

/** Digest of the meaning of a recipe: its name, stages and claims, but not their order or spelling. */
export function recipeDigest({ name, stages, claims }: Pick<Lock, 'name' | 'stages' | 'claims'>): string {
  const keys = Object.fromEntries([...stages].map(([id, { key }]) => [id, key]))
  return sha256(canonical({ name, stages: keys, claims: Object.fromEntries(claims) }))
}

/** A claim without its name, which its item gives. */
export function claimJson({
  name: _,
  stage,
  metric,
  over,
  expect,
  atLeast,
  atMost,
  tolerance,
  origin,
}: PlannedClaim): Json {
  return {
    stage,
    metric,
    ...(over !== undefined && { over: { ...over } }),
    ...(expect !== undefined && { expect }),
    ...(atLeast !== undefined && { atLeast }),
    ...(atMost !== undefined && { atMost }),
    tolerance,
    origin,
  }
}
