/** What is printed after a run: what each stage made, which claims hold, what went wrong. */
import { foldParts } from '../../dsl/compile/parts.ts'
import type { Plan, Stage } from '../../dsl/compile/plan.ts'
import type { JudgedClaim } from '../report/claims.ts'
import { formatMetric, formatSeconds } from '../report/numbers.ts'
import { textTable } from '../report/table.ts'
import type { RunEvent } from '../schedule/events.ts'
import type { Result } from '../store/store.ts'
import { cut, type Paint } from './live/format.ts'

/** How to print. */
export interface Printing {
  readonly paint: Paint
  /** Columns. */
  readonly width: number
}

/** A table of stages: time and one line each. Stages that did not run here are marked as cached. */
export function stageTable(plan: Plan, outcome: StageOutcomes, { paint, width }: Printing): string {
  const secondsOf = ({ id }: Stage): number =>
    outcome.ran.has(id) ? (outcome.results.get(id)?.manifest.seconds ?? 0) : 0
  const rows = foldParts(plan.stages).flatMap(({ stage, parts }) => {
    const { id } = stage
    const manifest = outcome.results.get(id)?.manifest
    if (manifest === undefined) return []
    const seconds = parts.reduce((sum, part) => sum + secondsOf(part), secondsOf(stage))
    const time = outcome.ran.has(id) ? formatSeconds(seconds) : 'cached'
    return [[id, paint('quiet', time), manifest.summary]]
  })
  return textTable([{ title: 'Stage' }, { title: 'Time', align: 'right' }, { title: 'Result' }], rows, { width })
}

/** What stages came to. */
export interface StageOutcomes {
  readonly results: ReadonlyMap<string, Result>
  /** Stages that ran, rather than being found. */
  readonly ran: ReadonlySet<string>
}

/** A table of claims: what was expected and measured, whether it holds, and where the expectation comes from. */
export function claimTable(claims: readonly JudgedClaim[], { paint, width }: Printing): string {
  const rows = claims.map(({ claim, measured, verdict, expected }) => [
    claim.name,
    expected,
    measured === undefined ? '' : formatMetric(claim.metric, measured),
    paint(verdict === 'held' ? 'good' : 'bad', verdict),
    paint('quiet', claim.origin),
  ])
  const columns = [
    { title: 'Claim' },
    { title: 'Expected', align: 'right' },
    { title: 'Measured', align: 'right' },
    { title: 'Verdict' },
    { title: 'Origin' },
  ] as const
  return textTable(columns, rows, { width })
}

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
