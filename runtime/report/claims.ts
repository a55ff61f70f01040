/** Claims against what was measured. */
import type { Plan, PlannedClaim } from '../../dsl/compile/plan.ts'
import type { Manifest } from '../store/manifest.ts'
import type { Result } from '../store/store.ts'
import { formatMetric } from './numbers.ts'

/** Results by the stage's identity; stages that have not run are absent. */
export type Results = ReadonlyMap<string, Result>

/** As much of results as claims are judged by. */
export type MeasuredResults = ReadonlyMap<string, { readonly manifest: Pick<Manifest, 'metrics'> }>

/** A claim with its verdict; `measured` is absent where the stage has not run or does not give the metric. */
export interface JudgedClaim {
  readonly claim: PlannedClaim
  readonly measured?: number
  readonly verdict: 'held' | 'not held' | 'not measured'
  /** The expectation, in words of a table: `at least 20.00`, `85.00 ± 2.00`. */
  readonly expected: string
}

/** Judges every claim of a plan. */
export const judgeClaims = (plan: Pick<Plan, 'claims'>, results: MeasuredResults): readonly JudgedClaim[] =>
  plan.claims.map(claim => {
    const measured = measure(claim, results)
    const expected = expectation(claim)
    if (measured === undefined) return { claim, verdict: 'not measured', expected }
    return { claim, measured, verdict: holds(claim, measured) ? 'held' : 'not held', expected }
  })

/** The metric, or its difference from the one it is claimed over. */
function measure({ stage, metric, over }: PlannedClaim, results: MeasuredResults): number | undefined {
  const of = (from: string, name: string) => results.get(from)?.manifest.metrics[name]
  const value = of(stage, metric)
  if (over === undefined || value === undefined) return value
  const base = of(over.stage, over.metric)
  return base === undefined ? undefined : value - base
}

/** The claimed metric in words: `sao.mean_iou`, `sao.mean_iou over attention.mean_iou`. */
export const metricText = ({ stage, metric, over }: PlannedClaim): string =>
  `${stage}.${metric}${over === undefined ? '' : ` over ${over.stage}.${over.metric}`}`

/** Tolerance for the rounding of decimal fractions: 88.3 - 86.3 is a little more than 2. */
const slack = 1e-9

function holds({ expect, atLeast, atMost, tolerance }: PlannedClaim, measured: number): boolean {
  return (
    (expect === undefined || Math.abs(measured - expect) <= tolerance + slack) &&
    (atLeast === undefined || measured >= atLeast) &&
    (atMost === undefined || measured <= atMost)
  )
}

/** The parts of a claim that say what is expected. */
type Expectation = Pick<PlannedClaim, 'metric' | 'expect' | 'atLeast' | 'atMost' | 'tolerance'>

/** The expectation of a claim, in words of a table: `at least 20.00`. */
export function expectation({ metric, expect, atLeast, atMost, tolerance }: Expectation): string {
  const print = (value: number) => formatMetric(metric, value)
  const parts = [
    expect === undefined ? '' : `${print(expect)}${tolerance > 0 ? ` ± ${print(tolerance)}` : ''}`,
    atLeast === undefined ? '' : `at least ${print(atLeast)}`,
    atMost === undefined ? '' : `at most ${print(atMost)}`,
  ]
  return parts.filter(part => part !== '').join(', ')
}

/** The verdicts in a sentence or two; claims that fail are named first of all. Empty where nothing is claimed. */
export function summariseClaims(claims: readonly JudgedClaim[]): string {
  const of = (verdict: JudgedClaim['verdict']) => claims.filter(claim => claim.verdict === verdict)
  const names = (list: readonly JudgedClaim[]) => list.map(({ claim }) => `\u201c${claim.name}\u201d`).join(', ')
  const total = claims.length
  const failed = of('not held')
  const open = of('not measured')
  const held = of('held').length
  if (total > 0 && held === total) return total === 1 ? 'The one claim holds.' : `All ${total} claims hold.`
  if (total > 0 && open.length === total) return 'No claim has been measured yet.'
  const sentences = [
    failed.length > 0 &&
      `${failed.length} of ${total} claims ${failed.length === 1 ? 'does' : 'do'} not hold: ${names(failed)}.`,
    held > 0 && `${held} of ${total} ${held === 1 ? 'holds' : 'hold'}.`,
    open.length > 0 &&
      `${open.length} of ${total} ${open.length === 1 ? 'is' : 'are'} not measured yet: ${names(open)}.`,
  ]
  return sentences.filter(sentence => sentence !== false).join(' ')
}
