/** `terroir logs`: prints what a stage said in its latest run. */
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { setTimeout } from 'node:timers/promises'
import { Command } from 'commander'
import { suggest } from '../../dsl/diagnostics/suggest.ts'
import { latestLogs } from '../schedule/logs.ts'
import { livingRuns } from '../schedule/status.ts'
import { openStore, type Store, storeFolder } from '../store/store.ts'
import { storeOption } from './options.ts'
import { exitCodes } from './recipe.ts'

/** The command. */
export function command(): Command {
  return new Command('logs')
    .description(
      'Prints the log of a stage: what it told, what libraries printed, and the stack trace of a failure. Without a stage, the names of those that have one.',
    )
    .argument('[stage]', "a stage, as 'terroir plan' names it")
    .option('--follow', 'go on printing until the stage has ended')
    .addOption(storeOption())
    .addHelpText('after', '\nExamples:\n  terroir logs\n  terroir logs pretrain.web --follow')
    .action(async (stage: string | undefined, options: { readonly store?: string; readonly follow?: true }) =>
      printLog(stage, openStore(storeFolder(options.store)), options),
    )
}

async function printLog(
  stage: string | undefined,
  store: Store,
  { follow }: { readonly follow?: true },
): Promise<void> {
  const logs = await latestLogs(store)
  if (stage === undefined) {
    for (const name of logs.keys()) process.stdout.write(`${name}\n`)
    return
  }
  const path = logs.get(stage)
  if (path === undefined) {
    const near = suggest(stage, logs.keys())
    process.stderr.write(`error: No log of a stage '${stage}' in ${store.folder}\n`)
    process.stderr.write(
      `hint: ${near ? `write '${near}'` : "logs appear when a stage runs; 'terroir logs' lists them"}\n`,
    )
    process.exitCode = exitCodes.badRecipe
    return
  }
  if (follow) return followLog(stage, path, store)
  if ((await stat(path)).size === 0) process.stderr.write(`'${stage}' said nothing in its latest run\n`)
  await pipeline(createReadStream(path), process.stdout, { end: false })
}

const lookEvery = 250

/** Prints a log, and what is added to it while the stage is at work. */
async function followLog(stage: string, path: string, store: Store): Promise<void> {
  let printed = 0
  for (let working = true; working; ) {
    const run = (await livingRuns(store)).find(living => dirname(path).endsWith(living.run))
    working = run?.status?.running.some(running => running.stage === stage) ?? false
    const { size } = await stat(path)
    if (size > printed)
      await pipeline(createReadStream(path, { start: printed, end: size - 1 }), process.stdout, { end: false })
    printed = Math.max(printed, size)
    if (working) await setTimeout(lookEvery)
  }
}
