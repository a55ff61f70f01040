/** Deny by default: what stages ask for, what a run allows, and how a refusal tells of it. */
import { resolve } from 'node:path'
import type { Stage, StagePermissions } from '../../dsl/compile/plan.ts'
import { isWithin } from './sandbox.ts'

/** What the flags of a run allow. Paths are relative to the current folder. */
export interface Allowed {
  readonly allowNet?: readonly string[]
  readonly allowEnv?: readonly string[]
  readonly allowRun?: readonly string[]
  readonly allowRead?: readonly string[]
}

/** Something that a stage asks for and the run does not allow. */
export interface DeniedPermission {
  readonly message: string
  /** Flag that would allow it. */
  readonly flag: string
}

const nothing: StagePermissions = { net: [], env: [], run: [], read: [] }

/** What a stage may touch beyond its inputs, in a run that was not refused. */
export const grantsOf = ({ permissions = nothing }: Stage): StagePermissions => permissions

const actions = { net: 'reach', env: 'see the environment variable', run: 'start', read: 'read' } as const

/** What the stages to run ask for and the flags do not allow, each once, by the first stage that asks for it. */
export function deniedPermissions(stages: readonly Stage[], allowed: Allowed): readonly DeniedPermission[] {
  const paths = (allowed.allowRead ?? []).map(path => resolve(path))
  const allows: { readonly [kind in keyof StagePermissions]: (name: string) => boolean } = {
    // A host is allowed with all its ports, or with one.
    net: place => [place, place.replace(/:\d+$/, '')].some(host => allowed.allowNet?.includes(host)),
    env: name => allowed.allowEnv?.includes(name) === true,
    run: program => allowed.allowRun?.includes(program) === true,
    read: path => paths.some(folder => isWithin(path, folder)),
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
