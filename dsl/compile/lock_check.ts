/** Compares a lock with the plan of its recipe, and with the outputs of a run. */
import { type Change, type Difference, differences, rerunsSince } from './changes.ts'
import { claimJson, type Lock, type PlanRecord, recordOf, type StageOutput } from './lock.ts'
import { inputText, type Json, type Outline, type Plan, type PlannedClaim } from './plan.ts'

/** One difference between a lock and a plan. */
export interface LockFault extends Difference {
  readonly kind: 'recipe' | 'claim' | 'key' | Change['kind']
  /** The stage; empty for a difference of the whole recipe. */
  readonly stage: string
  /** The path of the file in the recipe, or its name in a package. */
  readonly file?: string
}

/**
 * The differences between a lock and the plan of its recipe; none if it is the recipe's lock. A digest that is unknown,
 * as its file is not here, is no difference.
 */
export function lockFaults(lock: Lock, plan: Outline): readonly LockFault[] {
  const record = recordOf(plan)
  const isOpen = (id: string): boolean => record.stages.get(id)?.key === undefined && record.stages.has(id)
  const inStages = rerunsSince(lock, plan).flatMap(({ own }) =>
    own.map(change => ({ ...change, stage: change.stage.id })),
  )
  const named = new Set(inStages.map(({ stage }) => stage))
  const keys = differences(keysOf(lock), keysOf(record)).filter(({ name }) => !named.has(name) && !isOpen(name))
  const known = new Set(keysOf(lock).values())
  // A stage of which only inputs changed is left out: the changes of these are listed.
  const unexplained = keys.filter(
    ({ after }) => after === undefined || known.has(String(after)) || inStages.length === 0,
  )
  return [
    ...(lock.name === record.name ? [] : [fault('recipe', { name: 'name', before: lock.name, after: record.name })]),
    ...inStages,
    ...unexplained.map(({ name, ...sides }) => ({ kind: 'key' as const, stage: name, name: '', ...sides })),
    ...differences(claimsOf(lock.claims), claimsOf(record.claims)).map(difference => fault('claim', difference)),
  ]
}

const fault = (kind: LockFault['kind'], difference: Difference): LockFault => ({ kind, stage: '', ...difference })

const keysOf = ({ stages }: PlanRecord): ReadonlyMap<string, string> =>
  new Map([...stages].flatMap(([id, { key }]) => (key === undefined ? [] : [[id, key] as const])))

const claimsOf = (claims: ReadonlyMap<string, PlannedClaim>): ReadonlyMap<string, Json> =>
  new Map([...claims].map(([name, claim]) => [name, claimJson(claim)]))

/** A result that differs from the locked one. */
export interface OutputFault extends Difference {
  readonly kind: 'output' | 'metric'
  readonly stage: string
  /** Inputs whose results differ from the locked ones, too. */
  readonly through: readonly string[]
}

/** Results that differ from those of the lock, in the order of the plan. */
export function outputFaults(
  lock: Lock,
  plan: Plan,
  outputs: ReadonlyMap<string, StageOutput>,
): readonly OutputFault[] {
  const other = new Set<string>()
  return plan.stages.flatMap(({ id, inputs }) => {
    const [before, after] = [lock.stages.get(id)?.output, outputs.get(id)]
    if (before === undefined || after === undefined || before.digest === after.digest) return []
    other.add(id)
    const through = [
      ...new Set(Object.values(inputs).flatMap(input => (other.has(input.stage) ? inputText(input) : []))),
    ]
    const metrics = differences(new Map(Object.entries(before.metrics)), new Map(Object.entries(after.metrics)))
    return [
      { kind: 'output' as const, stage: id, through, name: '', before: before.digest, after: after.digest },
      ...metrics.map(difference => ({ kind: 'metric' as const, stage: id, through, ...difference })),
    ]
  })
}
