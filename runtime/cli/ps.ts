/** `terroir ps`: the runs on a store that go on, and the progress of their stages. */
import { Command } from 'commander'
import { activeRuns } from '../app/runs.ts'
import { formatNumber, formatSeconds } from '../report/numbers.ts'
import { textTable } from '../report/table.ts'
import type { LivingRun, StageStatus } from '../schedule/status.ts'
import { storeOption } from './options.ts'
import { printJson, printLine } from './print.ts'

interface ProcessFlags {
  readonly store?: string
  readonly json?: true
}

/** The command. */
export function command(): Command {
  return new Command('ps')
    .description(
      'Shows the runs on a store that go on: their stages at work, with process, slots, time and progress, and whom they wait for.',
    )
    .addOption(storeOption())
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExamples:\n  terroir ps\n  watch terroir ps')
    .action(async (flags: ProcessFlags) => {
      const runs = await activeRuns(flags)
      if (flags.json) printJson(runs.map(plain))
      else printLine(table(runs))
    })
}

const plain = ({ run, recipe, pid, host, status, workers }: LivingRun) => ({
  run,
  recipe,
  pid,
  host,
  ...(status && {
    stages: status.stages,
    done: status.done,
    running: status.running.map(stage => ({ ...stage, pid: workers.get(stage.stage) })),
    waiting: status.waiting,
  }),
})

function progressText({ progress }: StageStatus): string {
  if (progress === undefined) return ''
  const { done, total, unit, loss } = progress
  return `${formatNumber(done)}/${formatNumber(total)} ${unit}${loss === undefined ? '' : `, loss ${loss.toFixed(3)}`}`
}

function table(runs: readonly LivingRun[]): string {
  if (runs.length === 0) return 'Nothing runs'
  const now = Date.now()
  const rows = runs.flatMap(({ run, recipe, pid, host, status, workers }) => [
    [run, recipe, String(pid), '', '', status ? `${status.done} of ${status.stages} stages done` : `on ${host}`],
    ...(status?.running ?? []).map(stage => [
      '',
      stage.stage,
      String(workers.get(stage.stage) ?? ''),
      stage.slots.join(','),
      formatSeconds((now - stage.started) / 1000),
      progressText(stage),
    ]),
    ...(status?.waiting ?? []).map(({ stage, text }) => ['', stage, '', '', '', text]),
  ])
  const columns = ['Run', 'Stage', 'Process', 'Slots', 'Time', 'Progress'].map(title => ({ title }))
  return textTable(columns, rows, { width: process.stdout.columns ?? Number.POSITIVE_INFINITY })
}
