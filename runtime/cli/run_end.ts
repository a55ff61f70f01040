/** The end of `terroir run`, as text and as JSON. */
import type { RunResult } from '../app/run_options.ts'
import { printJsonLine, printLine, tellLine } from './print.ts'
import { claimTable, failureLines, stageTable, warningLines } from './summary.ts'
import { printingTo } from './terminal.ts'

/** Prints the end as one line of JSON. */
export function printSummary({ outcome, ran, claims, report }: RunResult): void {
  printJsonLine({ kind: 'summary', outcome, ran: [...ran], claims, report })
}

/** Prints the results of stages, the verdicts on claims, and failures. */
export function printEnd(result: RunResult, { debug }: { readonly debug?: boolean | undefined } = {}): void {
  const { plan, outcome, results, ran, failures, claims, report } = result
  const printing = printingTo(process.stdout)
  for (const failure of failures)
    tellLine(`\n${failureLines(failure, printingTo(process.stderr), { debug }).join('\n')}\n`)
  const blocks = [
    ran.size > 0 && outcome === 'done' ? [stageTable(plan, { results, ran }, printing)] : [],
    ran.size > 0 ? warningLines(plan, results, printing) : [],
    outcome === 'done' && claims.length > 0 ? [claimTable(claims, printing)] : [],
    [closing(result), ...(report === undefined ? [] : [`Report: ${report}`])],
  ]
  const text = blocks.filter(lines => lines.length > 0).map(lines => lines.join('\n'))
  // What ran stands above, in the view of the run.
  printLine(`${ran.size > 0 ? '\n' : ''}${text.join('\n\n')}`)
}

function closing({ plan: { name, stages }, outcome, results, ran, failures }: RunResult): string {
  if (outcome === 'done') return ran.size === 0 ? 'Everything is up to date' : `${name} is done`
  const kept = `${results.size} of ${stages.length} stages are done and kept`
  if (outcome === 'stopped') return `${name} was stopped; ${kept}, run again to go on`
  const mayPass = failures.every(({ fault }) => fault.transient === true)
  return `${name} failed; ${kept}, ${mayPass ? 'run again to go on' : 'a run goes on from there once the fault is mended'}`
}
