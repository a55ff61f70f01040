/** Deny by default: permissions that stages ask for, and those that a run grants. */
import { resolve } from 'node:path'
import type { Stage, StagePermissions } from '../../dsl/compile/plan.ts'
import { realPath } from '../../dsl/values/project.ts'
import { isWithin } from './sandbox.ts'

/** Permissions that the flags of a run grant. Paths are relative to the current folder. */
export interface Allowed {
  readonly allowNet?: readonly string[]
  readonly allowEnv?: readonly string[]
  readonly allowRun?: readonly string[]
  readonly allowRead?: readonly string[]
}

/** A permission that a stage asks for and the run does not grant. */
export interface DeniedPermission {
  readonly message: string
  /** Flag that would grant it. */
  readonly flag: string
}

const nothing: StagePermissions = { net: [], env: [], run: [], read: [] }

/** Permissions of a stage beyond its inputs, in a run that was not refused. */
export const grantsOf = ({ permissions = nothing }: Stage): StagePermissions => permissions

const actions = { net: 'reach', env: 'see the environment variable', run: 'start', read: 'read' } as const

/** Permissions that the stages to run ask for and the flags do not grant, each once, with the first stage that asks. */
export function deniedPermissions(stages: readonly Stage[], allowed: Allowed): readonly DeniedPermission[] {
  const paths = (allowed.allowRead ?? []).map(path => resolve(path))
  const allows: { readonly [kind in keyof StagePermissions]: (name: string) => boolean } = {
    // A host is allowed with all its ports, or with one.
    net: place => [place, place.replace(/:\d+$/, '')].some(host => allowed.allowNet?.includes(host)),
    env: name => allowed.allowEnv?.includes(name) === true,
    run: program => allowed.allowRun?.includes(program) === true,
    read: path => paths.some(folder => isWithin(path, folder) || isWithin(realPath(path) ?? path, folder)),
  }
  const refused = new Map<string, DeniedPermission>()
  for (const stage of stages)
    for (const kind of ['net', 'env', 'run', 'read'] as const)
      for (const name of grantsOf(stage)[kind].filter(asked => !allows[kind](asked))) {
        const flag = `--allow-${kind}=${name}`
        if (refused.has(flag)) continue
        const message = `'${stage.id}' asks to ${actions[kind]} '${name}' (permissions.${kind} of the recipe), and this run does not allow it`
        refused.set(flag, { message, flag })
      }
  return [...refused.values()]
}
