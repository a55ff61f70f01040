/** Why the key of a stage is another than the locked one: by itself, or by a stage that it is made from. */
import { canonical } from '../print/canonical.ts'
import { asLocked, type Lock } from './lock.ts'
import type { Json, Plan, Stage } from './plan.ts'

/** One difference from the lock. */
export interface Change {
  /** Where it lies. */
  readonly stage: Stage
  readonly kind: 'stage' | 'version' | 'parameter' | 'input' | 'file'
  /** Path of the parameter, role of the input, name of the file; else empty. */
  readonly name: string
  /** As locked; absent where the lock has none. */
  readonly before?: Json
  /** As it is now; absent where it is gone. */
  readonly after?: Json
}

/** The differences behind a stage's new key, those further up first; none where the lock holds that key. */
export function changesSince(lock: Lock, plan: Plan, stage: Stage): readonly Change[] {
  const locked = new Set([...lock.stages.values()].map(({ key }) => key))
  const byId = new Map(plan.stages.map(one => [one.id, one]))
  const seen = new Set<Stage>()
  function visit(one: Stage | undefined): readonly Change[] {
    if (one === undefined || seen.has(one) || locked.has(one.key)) return []
    seen.add(one)
    return [...Object.values(one.inputs).flatMap(input => visit(byId.get(input.stage))), ...ownChanges(lock, one)]
  }
  return visit(stage)
}

function ownChanges({ stages, externals }: Lock, stage: Stage): readonly Change[] {
  const before = stages.get(stage.id)
  if (before === undefined) return [{ stage, kind: 'stage', name: '', after: stage.id }]
  const after = asLocked(stage)
  const files = new Map(stage.externals.map(({ name, sha256 }) => [name, sha256]))
  // The lock does not say which stage reads which file; one that is read no more shows in a parameter or a new file.
  const known = new Map([...externals].filter(([name]) => files.has(name)))
  const sides = [
    ['version', new Map([['', before.kind]]), new Map([['', after.kind]])],
    ['parameter', before.params, after.params],
    ['input', before.inputs, after.inputs],
    ['file', known, files],
  ] as const
  return sides.flatMap(([kind, old, now]) => differences(old, now).map(difference => ({ stage, kind, ...difference })))
}

type Values = ReadonlyMap<string, Json>

function differences(before: Values, after: Values): readonly Pick<Change, 'name' | 'before' | 'after'>[] {
  return [...new Set([...before.keys(), ...after.keys()])].flatMap(name => {
    const [old, now] = [before.get(name), after.get(name)]
    if (old !== undefined && now !== undefined && canonical(old) === canonical(now)) return []
    return [{ name, ...(old !== undefined && { before: old }), ...(now !== undefined && { after: now }) }]
  })
}
