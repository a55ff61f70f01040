/** Deny by default: permissions that stages ask for, and those that a run grants. */
import { delimiter, isAbsolute, resolve } from 'node:path'
import type { Stage, StagePermissions } from '../../dsl/compile/plan.ts'
import { UserFault } from '../../dsl/diagnostics/faults.ts'
import { realPath } from '../../dsl/values/project.ts'
import { isWithin } from './sandbox.ts'

/** Permissions that the flags of a run grant. Paths are relative to the current folder. */
export interface Allowed {
  readonly allowNet?: readonly string[]
  readonly allowEnv?: readonly string[]
  readonly allowRun?: readonly string[]
  readonly allowRead?: readonly string[]
}

/** Environment variables that grant permissions to all runs, for each kind. */
const variables = {
  net: 'TERROIR_ALLOW_NET',
  env: 'TERROIR_ALLOW_ENV',
  run: 'TERROIR_ALLOW_RUN',
  read: 'TERROIR_ALLOW_READ',
} as const

/** A permission that an environment variable grants. */
export interface LastingGrant {
  readonly kind: keyof typeof variables
  readonly name: string
  readonly variable: string
}

/**
 * Permissions that environment variables grant to all runs: names with commas between them, paths as in `PATH`. There is
 * no file of grants, which a project could bring along. Throws a `UserFault` of a path that is not absolute.
 */
export function lastingGrants(environment: NodeJS.ProcessEnv = process.env): readonly LastingGrant[] {
  return permissionKinds.flatMap(kind => {
    const variable = variables[kind]
    const names = (environment[variable] ?? '').split(kind === 'read' ? delimiter : ',').filter(name => name !== '')
    const relative = kind === 'read' ? names.find(name => !isAbsolute(name)) : undefined
    if (relative !== undefined)
      throw new UserFault(`'${relative}' in ${variable} is no absolute path`, {
        hint: 'what it means would depend on the folder of the run: write it out',
        place: variable,
      })
    return names.map(name => ({ kind, name, variable }))
  })
}

/** A permission that a stage asks for and the run does not grant. */
export interface DeniedPermission {
  readonly message: string
  /** Environment variable that would grant it to all runs. */
  readonly variable: string
  /** Flag that would grant it. */
  readonly flag: string
}

const nothing: StagePermissions = { net: [], env: [], run: [], read: [] }

/** Permissions of a stage beyond its inputs, in a run that was not refused. */
export const grantsOf = ({ permissions = nothing }: Stage): StagePermissions => permissions

const permissionKinds = ['net', 'env', 'run', 'read'] as const

const actions = { net: 'reach', env: 'see the environment variable', run: 'start', read: 'read' } as const

/**
 * Permissions that the stages to run ask for and neither flags nor environment grant, each once, with the first stage
 * that asks.
 */
export function deniedPermissions(
  stages: readonly Stage[],
  allowed: Allowed,
  lasting: readonly LastingGrant[] = lastingGrants(),
): readonly DeniedPermission[] {
  const all = (kind: LastingGrant['kind'], flags: readonly string[] = []): readonly string[] => [
    ...flags,
    ...lasting.flatMap(grant => (grant.kind === kind ? [grant.name] : [])),
  ]
  const hosts = all('net', allowed.allowNet)
  const paths = all('read', allowed.allowRead).map(path => resolve(path))
  const allows: { readonly [kind in keyof StagePermissions]: (name: string) => boolean } = {
    // A host is allowed with all its ports, or with one.
    net: place => [place, place.replace(/:\d+$/, '')].some(host => hosts.includes(host)),
    env: name => all('env', allowed.allowEnv).includes(name),
    run: program => all('run', allowed.allowRun).includes(program),
    read: path => paths.some(folder => isWithin(path, folder) || isWithin(realPath(path) ?? path, folder)),
  }
  const refused = new Map<string, DeniedPermission>()
  for (const stage of stages)
    for (const kind of permissionKinds)
      for (const name of grantsOf(stage)[kind].filter(asked => !allows[kind](asked))) {
        const flag = `--allow-${kind}=${name}`
        if (refused.has(flag)) continue
        const message = `'${stage.id}' asks to ${actions[kind]} '${name}' (permissions.${kind} of the recipe), and this run does not allow it`
        refused.set(flag, { message, flag, variable: variables[kind] })
      }
  return [...refused.values()]
}
