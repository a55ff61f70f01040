/** Deny by default: what a recipe asks for, what a run allows, and what that leaves for its stages. */
import { resolve } from 'node:path'
import type { AskedPermissions, Plan } from '../../dsl/compile/plan.ts'
import { isRecord, isText } from '../../dsl/read/json.ts'
import { isWithin } from '../../dsl/read/project.ts'
import { isProgramFile } from './sandbox.ts'

/** What stages may touch beyond their inputs: all that the recipe asks for, once the run allows it. */
export type Grants = AskedPermissions

/** What the flags of a run allow. Paths are relative to the current folder. */
export interface Allowed {
  readonly allowNet?: readonly string[]
  readonly allowEnv?: readonly string[]
  readonly allowRun?: readonly string[]
  readonly allowRead?: readonly string[]
}

/** Something that a run may not do, and how it could. */
export interface Refusal {
  readonly message: string
  readonly hint: string
}

/** Nothing. */
export const noGrants: Grants = { net: [], env: [], run: [], read: [] }

/** Whether a value from outside is a list of grants. */
export const isGrants = (value: unknown): value is Grants =>
  isRecord(value) &&
  [value.net, value.env, value.run, value.read].every(list => Array.isArray(list) && list.every(isText))

/** What the recipe asks for and the flags do not allow, and what stages read outside the project without asking. */
export function refusalsOf(plan: Plan, allowed: Allowed): readonly Refusal[] {
  const { net, env, run, read } = plan.permissions
  const { allowNet = [], allowEnv = [], allowRun = [], allowRead = [] } = allowed
  const paths = allowRead.map(path => resolve(path))
  const refuse = (action: string, names: readonly string[], flag: string): readonly Refusal[] =>
    names.map(name => ({
      message: `The recipe asks to ${action} '${name}', and this run does not allow it`,
      hint: `run with --allow-${flag}=${name}`,
    }))
  const unasked = plan.stages.flatMap(({ id, externals }) =>
    externals
      .filter(({ path }) => !isProgramFile(path) && ![plan.project, ...read].some(folder => isWithin(path, folder)))
      .map(({ path }) => ({
        message: `Stage '${id}' reads '${path}', which is outside the project '${plan.project}'`,
        hint: `add '${path}' to permissions.read of the recipe, and run with --allow-read=${path}`,
      })),
  )
  return [
    ...refuse('reach', without(net, allowNet), 'net'),
    ...refuse('see the environment variable', without(env, allowEnv), 'env'),
    ...refuse('start', without(run, allowRun), 'run'),
    ...refuse(
      'read',
      read.filter(path => !paths.some(folder => isWithin(path, folder))),
      'read',
    ),
    ...unasked,
  ]
}

const without = (names: readonly string[], allowed: readonly string[]): readonly string[] =>
  names.filter(name => !allowed.includes(name))
