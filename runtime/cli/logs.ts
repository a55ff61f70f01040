/** `terroir logs`: prints the log of a stage's latest run. */
import { StringDecoder } from 'node:string_decoder'
import { Command } from 'commander'
import { logs, readLog, stagesWithLog } from '../app/runs.ts'
import { storeOption } from './options.ts'
import { printLine, tellLine, writeText } from './print.ts'

interface LogFlags {
  readonly store?: string
  readonly follow?: true
}

/** The command. */
export function command(): Command {
  return new Command('logs')
    .description(
      'Prints the log of a stage: what it told, what libraries printed, and the stack trace of a failure. Without a stage, the names of those that have one.',
    )
    .argument('[stage]', "a stage, as 'terroir plan' names it, or an entry of the recipe")
    .option('--follow', 'go on printing until the stage has ended')
    .addOption(storeOption())
    .addHelpText(
      'after',
      '\nExamples:\n  terroir logs\n  terroir logs pretrain             of all its phases\n  terroir logs pretrain.web --follow',
    )
    .action(async (stage: string | undefined, flags: LogFlags) => {
      await (stage === undefined ? printNames(flags) : printLogs(stage, flags))
    })
}

async function printNames(flags: LogFlags): Promise<void> {
  for (const name of (await logs(flags)).keys()) printLine(name)
}

/** Prints the log of each stage that a name means; stages that begin meanwhile are followed, too. */
async function printLogs(name: string, flags: LogFlags): Promise<void> {
  const printed = new Set<string>()
  for (let isFirst = true; ; isFirst = false) {
    const stages = await stagesWithLog(name, flags)
    const next = stages.filter(stage => !printed.has(stage))
    for (const stage of next) {
      printed.add(stage)
      if (stages.length > 1) printLine(`${isFirst && stage === next[0] ? '' : '\n'}==> ${stage} <==`)
      await printLog(stage, flags)
    }
    if (next.length === 0 || !flags.follow) return
  }
}

async function printLog(stage: string, flags: LogFlags): Promise<void> {
  let isEmpty = true
  const decoder = new StringDecoder('utf8')
  for await (const chunk of readLog(stage, flags)) {
    isEmpty = false
    if (!writeText(process.stdout, decoder.write(chunk)))
      await new Promise(resolve => process.stdout.once('drain', resolve))
  }
  if (isEmpty && !flags.follow) tellLine(`'${stage}' said nothing in its latest run`)
}
