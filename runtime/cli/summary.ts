/** Tables and lines on the end of a run: results of stages, verdicts on claims, failures. */
import { foldParts } from '../../dsl/compile/fold_parts.ts'
import type { Plan, Stage } from '../../dsl/compile/plan.ts'
import { stackLines } from '../app/faults.ts'
import type { StageFailure } from '../app/run_options.ts'
import type { JudgedClaim } from '../report/claims.ts'
import { formatMetric, formatSeconds } from '../report/numbers.ts'
import { textTable } from '../report/table.ts'
import type { Result } from '../store/store.ts'
import { cut } from './live/cut.ts'
import { messageText } from './print.ts'
import type { Printing } from './terminal.ts'

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

/** Results of stages. */
export interface StageOutcomes {
  readonly results: ReadonlyMap<string, Result>
  /** Stages that ran, rather than being found. */
  readonly ran: ReadonlySet<string>
}

/** A table of claims: expected and measured value, verdict, and origin of the expectation. */
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

/** A failed stage: its fault, its work at that time, its last lines and the path of its log. */
export function failureLines(
  { stage, fault }: StageFailure,
  { paint }: Printing,
  { debug = false }: { readonly debug?: boolean | undefined } = {},
): readonly string[] {
  const { text, doing, lastLines, log, stack = '' } = fault
  const isDefect = fault.class === 'defect'
  return [
    `${paint('bad', 'error:')} ${stage}: ${messageText(text)}`,
    `  while: ${cut(doing, 200)}`,
    ...lastLines.map(line => paint('quiet', `  | ${cut(line, 200)}`)),
    ...(isDefect || debug ? stackLines(stack).map(line => paint('quiet', `  ${line}`)) : []),
    `  log:   ${log}`,
    ...(isDefect ? ['  This is a defect of terroir; please report it, with the log'] : []),
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
