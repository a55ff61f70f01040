/** `terroir logs`: prints what a stage said in its latest run. */
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { Command } from 'commander'
import { suggest } from '../../dsl/check/suggest.ts'
import { latestLogs } from '../schedule/logs.ts'
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
    .addOption(storeOption())
    .addHelpText('after', '\nExamples:\n  terroir logs\n  terroir logs pretrain.web')
    .action(async (stage: string | undefined, options: { readonly store?: string }) =>
      printLog(stage, openStore(storeFolder(options.store))),
    )
}

async function printLog(stage: string | undefined, store: Store): Promise<void> {
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
  if ((await stat(path)).size === 0) process.stderr.write(`'${stage}' said nothing in its latest run\n`)
  await pipeline(createReadStream(path), process.stdout, { end: false })
}
