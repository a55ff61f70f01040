/** What `terroir run` says at its end. */
import type { Plan } from '../../dsl/compile/plan.ts'
import type { JudgedClaim } from '../report/claims.ts'
import { painter } from './live/format.ts'
import { hasColour, printLine } from './recipe.ts'
import type { Ended } from './run_missing.ts'
import { claimTable, faultLines, type Printing, stageTable, warningLines } from './summary.ts'

/** What came out. */
export interface Conclusion extends Ended {
  readonly plan: Plan
  readonly claims: readonly JudgedClaim[]
  /** Path of the report. */
  readonly report?: string
}

/** Prints the end as one line of JSON. */
export function printJson({ outcome, ran, claims, report }: Conclusion): void {
  printLine(JSON.stringify({ kind: 'summary', outcome, ran: [...ran], claims, report }))
}

/** Prints what stages made, which claims hold and what went wrong. */
export function printText({ plan, outcome, results, ran, faults, claims, report }: Conclusion): void {
  const printing: Printing = { paint: painter(hasColour(process.stdout)), width: process.stdout.columns ?? 160 }
  const toStderr: Printing = { ...printing, paint: painter(hasColour(process.stderr)) }
  for (const fault of faults) process.stderr.write(`\n${faultLines(fault, toStderr).join('\n')}\n\n`)
  const blocks = [
    ran.size > 0 && outcome === 'done' ? [stageTable(plan, { results, ran }, printing)] : [],
    ran.size > 0 ? warningLines(plan, results, printing) : [],
    outcome === 'done' && claims.length > 0 ? [claimTable(claims, printing)] : [],
    [closing(plan, { outcome, results, ran }), ...(report === undefined ? [] : [`Report: ${report}`])],
  ]
  const text = blocks.filter(lines => lines.length > 0).map(lines => lines.join('\n'))
  // What ran stands above, in the view of the run.
  printLine(`${ran.size > 0 ? '\n' : ''}${text.join('\n\n')}`)
}

function closing(
  { name, stages }: Plan,
  { outcome, results, ran }: Pick<Ended, 'outcome' | 'results' | 'ran'>,
): string {
  if (outcome === 'done') return ran.size === 0 ? 'Everything is up to date' : `${name} is done`
  const word = outcome === 'failed' ? 'failed' : 'was stopped'
  return `${name} ${word}; ${results.size} of ${stages.length} stages are done and kept, run again to go on`
}
