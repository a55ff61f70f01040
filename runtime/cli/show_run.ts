/** A run as people see it: its events in a view, its end as text, and the exit code. */
import type { RunObserver, RunResult } from '../app/run_options.ts'
import { onInterruption } from './interruption.ts'
import { jsonView, openView, type View } from './live/view.ts'
import { outputFaultTable } from './lock_table.ts'
import { exitCodes, printJsonLine, tellLine } from './print.ts'
import { printEnd, printSummary } from './run_end.ts'
import type { RunFlags } from './run_flags.ts'
import { failureLines } from './summary.ts'
import { printingTo } from './terminal.ts'

const stoppingText = 'Stopping: stages save what they can; interrupt again to end at once'
const leavingText = 'Leaving the jobs to Slurm; interrupt again to end at once'

/** Starts a run, shows it and prints its end; returns the exit code. */
export async function showRun(
  { json, strict, executor, debug }: Pick<RunFlags, 'json' | 'strict' | 'executor' | 'debug'>,
  start: (observer: RunObserver) => Promise<RunResult>,
): Promise<number> {
  const stop = new AbortController()
  const tell = json ? (text: string) => printJsonLine({ kind: 'notice', text }) : tellLine
  let view: View | undefined
  let interruptions: { close(): void } | undefined
  const result = await start({
    signal: stop.signal,
    onEvent: event => view?.show(event),
    onNotice: text => (view === undefined ? tell(text) : view.notice(text)),
    onActive(isActive) {
      if (isActive) {
        view = json ? jsonView(printJsonLine) : openView(process.stderr)
        const opened = view
        interruptions = onInterruption(() => {
          opened.notice(executor === 'slurm' ? leavingText : stoppingText)
          stop.abort()
        }, 'Ended at once; what is done is kept, run again to go on')
        return
      }
      interruptions?.close()
      view?.close()
      view = undefined
    },
  })
  const { outcome, claims, jobsLeft, unlocked } = result
  if (jobsLeft.length > 0) tellLine(jobsText(jobsLeft))
  if (result.isRetry) {
    const { paint } = printingTo(process.stderr)
    for (const failure of result.failures)
      tellLine(`\n${failureLines(failure, { paint, width: 160 }, { debug }).join('\n')}\n`)
    tell('The results are as they were')
  } else {
    const print = json ? printSummary : printEnd
    print(result, { debug })
  }
  if (unlocked.length > 0) {
    const stages = new Set(unlocked.map(({ stage }) => stage)).size
    const results = stages === 1 ? 'The result of 1 stage is' : `The results of ${stages} stages are`
    tellLine(`\n${outputFaultTable(unlocked, printingTo(process.stderr))}`)
    tellLine(`error: ${results} not as locked; the lock was left as it is`)
  }
  if (outcome === 'stopped') return exitCodes.interrupted
  const isBroken = strict === true && claims.some(({ verdict }) => verdict !== 'held')
  return outcome === 'failed' || isBroken || unlocked.length > 0 ? exitCodes.failedWork : exitCodes.ok
}

/** Advice on jobs that go on after the run was left; tasks of an array go by its number. */
function jobsText(jobs: readonly string[]): string {
  const numbers = [...new Set(jobs.map(job => job.replace(/_.*/, '')))]
  return `Jobs go on under Slurm: ${numbers.join(', ')}\nhint: the same command watches them again, scancel ${numbers.join(' ')} ends them`
}
