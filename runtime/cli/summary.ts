/** What is printed after a run: what each stage made, which claims hold, what went wrong. */
import type { Plan } from '../../dsl/compile/plan.ts'
import type { JudgedClaim } from '../report/claims.ts'
import { formatMetric, formatSeconds } from '../report/numbers.ts'
import type { RunEvent } from '../schedule/events.ts'
import type { Result } from '../store/store.ts'
import { cut, type Paint } from './live/format.ts'
import { type Cell, layTable } from './table.ts'

/** How to print. */
export interface Printing {
  readonly paint: Paint
  /** Columns. */
  readonly width: number
}

/** A table of stages: time and one line each. Stages that did not run here are marked as cached. */
export function stageTable(plan: Plan, outcome: StageOutcomes, { paint, width }: Printing): readonly string[] {
  const rows = plan.stages.flatMap(({ id }): readonly (readonly Cell[])[] => {
    const manifest = outcome.results.get(id)?.manifest
    if (manifest === undefined) return []
    const time = outcome.ran.has(id) ? formatSeconds(manifest.seconds) : 'cached'
    return [[{ text: id }, { text: time, paint: text => paint('quiet', text) }, { text: manifest.summary }]]
  })
  return layTable([head(['Stage', 'Time', 'Result'], paint), ...rows], { width, right: [1] })
}

/** What stages came to. */
export interface StageOutcomes {
  readonly results: ReadonlyMap<string, Result>
  /** Stages that ran, rather than being found. */
  readonly ran: ReadonlySet<string>
}

/** A table of claims: what was expected and measured, whether it holds, and where the expectation comes from. */
export function claimTable(claims: readonly JudgedClaim[], { paint, width }: Printing): readonly string[] {
  if (claims.length === 0) return []
  const rows = claims.map(({ claim, measured, verdict, expected }): readonly Cell[] => {
    const tone = verdict === 'held' ? 'good' : 'bad'
    return [
      { text: verdict === 'held' ? '✔' : '✖', paint: text => paint(tone, text) },
      { text: claim.name },
      { text: expected },
      { text: measured === undefined ? '' : formatMetric(claim.metric, measured) },
      { text: verdict, paint: text => paint(tone, text) },
      { text: claim.origin, paint: text => paint('quiet', text) },
    ]
  })
  return layTable([head(['', 'Claim', 'Expected', 'Measured', '', 'Origin'], paint), ...rows], { width, right: [3] })
}

const head = (titles: readonly string[], paint: Paint): readonly Cell[] =>
  titles.map(text => ({ text, paint: padded => paint('strong', padded) }))

/** A failed stage: what went wrong, what it was doing, its last lines and where the rest is. */
export function faultLines(event: Extract<RunEvent, { kind: 'stage-failed' }>, { paint }: Printing): readonly string[] {
  const { text, doing, lastLines, log } = event.fault
  return [
    `${paint('bad', 'error:')} ${event.stage}: ${text}`,
    `  while: ${cut(doing, 200)}`,
    ...lastLines.map(line => paint('quiet', `  | ${cut(line, 200)}`)),
    `  log:   ${log}`,
  ]
}

const warningsShown = 3

/** Faults that stages survived, a few of each. */
export function warningLines(plan: Plan, results: ReadonlyMap<string, Result>, { paint }: Printing): readonly string[] {
  return plan.stages.flatMap(({ id }) => {
    const warnings = results.get(id)?.manifest.warnings ?? []
    const more = warnings.length - warningsShown
    return [
      ...warnings.slice(0, warningsShown).map(text => `${paint('active', 'warning:')} ${id}: ${cut(text, 200)}`),
      ...(more > 0 ? [`${paint('active', 'warning:')} ${id}: ${more} more, see terroir logs ${id}`] : []),
    ]
  })
}
