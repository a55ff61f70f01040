/** The reasons for a stage's new key: changes of the stage itself, and stages that it reads. */
import { canonical } from '../values/canonical.ts'
import { keyScheme } from './keys.ts'
import { type PlanRecord, stageRecord } from './lock.ts'
import type { Json, Outline, OutlinedStage } from './plan.ts'

/** One difference from the earlier state. */
export interface Change {
  /** The stage that changed. */
  readonly stage: OutlinedStage
  readonly kind: 'scheme' | 'stage' | 'version' | 'parameter' | 'input' | 'file'
  /** Path of the parameter, role of the input or file; else empty. */
  readonly name: string
  /** The path of the file in the recipe, or its name in a package. */
  readonly file?: string
  /** The earlier value; absent if there was none. */
  readonly before?: Json
  /** The value now; absent if there is none. */
  readonly after?: Json
}

/** A stage whose result differs from the earlier one. */
export interface Rerun {
  readonly stage: OutlinedStage
  /** Changes of the stage itself. */
  readonly own: readonly Change[]
  /** Stages that it reads and that run again, too. */
  readonly through: readonly string[]
}

/** The earlier state that a plan is compared with: a lock, or the record of a plan. */
export type Before = Pick<PlanRecord, 'stages' | 'scheme'>

/**
 * The stages of a plan whose keys are new, in its order. If a key is unknown on either side because files are not here,
 * the known parts decide: a file that is not here counts as unchanged.
 */
export function rerunsSince(before: Before, { stages }: Outline): readonly Rerun[] {
  const known = knownKeys(before)
  const reruns = new Map<string, Rerun>()
  for (const stage of stages) {
    const { id, key } = stage
    if (key !== undefined && known.has(key)) continue
    const through = [...new Set(Object.values(stage.inputs).flatMap(input => reruns.get(input.stage)?.stage.id ?? []))]
    const own = ownChanges(before, stage)
    const namesake = before.stages.get(id)
    const isOpen = key === undefined || (namesake !== undefined && namesake.key === undefined)
    if (isOpen && own.length === 0 && through.length === 0) continue
    reruns.set(id, { stage, own, through })
  }
  return [...reruns.values()]
}

/** The differences that give a stage its new key, those of earlier stages first; none if the key is not new. */
export function changesSince(before: Before, plan: Outline, stage: OutlinedStage): readonly Change[] {
  const byId = new Map(rerunsSince(before, plan).map(rerun => [rerun.stage.id, rerun]))
  const seen = new Set<string>()
  function visit(id: string): readonly Change[] {
    const rerun = byId.get(id)
    if (rerun === undefined || seen.has(id)) return []
    seen.add(id)
    return [...rerun.through.flatMap(visit), ...rerun.own]
  }
  // Another scheme changes all keys: it is told once.
  return visit(stage.id).filter(change => change.kind !== 'scheme' || change.stage.id === stage.id)
}

const knownKeys = ({ stages }: Before): ReadonlySet<string> =>
  new Set([...stages.values()].flatMap(({ key }) => key ?? []))

/** Changes of a stage itself since the earlier stage of its name. */
function ownChanges({ stages, scheme }: Before, stage: OutlinedStage): readonly Change[] {
  const before = stages.get(stage.id)
  if (before === undefined) return [{ stage, kind: 'stage', name: '', after: stage.id }]
  const after = stageRecord(stage)
  const sides = [
    ['version', new Map([['', before.kind]]), new Map([['', after.kind]])],
    ['parameter', before.params, after.params],
    ['input', before.inputs, after.inputs],
    ['file', knownOnBoth(before.files, after.files), knownOnBoth(after.files, before.files)],
  ] as const
  const found = sides.flatMap(([kind, old, now]) => {
    return differences(old, now).map((difference): Change => {
      const external = kind === 'file' ? stage.externals.find(({ role }) => role === difference.name) : undefined
      return { stage, kind, ...difference, ...(external && { file: external.name }) }
    })
  })
  if (scheme === keyScheme) return found
  // Locks of another scheme record other things: only what both record can be compared.
  const shared = found.filter(change => change.before !== undefined && change.after !== undefined)
  return [{ stage, kind: 'scheme', name: '', before: scheme, after: keyScheme }, ...shared]
}

/** The digests of `files` but for those of roles whose digest is unknown on either side. */
function knownOnBoth(
  files: ReadonlyMap<string, string | undefined>,
  others: ReadonlyMap<string, string | undefined>,
): ReadonlyMap<string, string> {
  const isUnknown = (role: string): boolean => others.has(role) && others.get(role) === undefined
  return new Map(
    [...files].flatMap(([role, digest]) => (digest === undefined || isUnknown(role) ? [] : [[role, digest] as const])),
  )
}

/** A name whose value differs between two maps; a side without the name has no value. */
export interface Difference {
  readonly name: string
  readonly before?: Json
  readonly after?: Json
}

type ValuesByName = ReadonlyMap<string, Json>

/** Names whose values differ, those of `before` first. */
export function differences(before: ValuesByName, after: ValuesByName): readonly Difference[] {
  return [...new Set([...before.keys(), ...after.keys()])].flatMap(name => {
    const [old, now] = [before.get(name), after.get(name)]
    if (old !== undefined && now !== undefined && canonical(old) === canonical(now)) return []
    return [{ name, ...(old !== undefined && { before: old }), ...(now !== undefined && { after: now }) }]
  })
}
