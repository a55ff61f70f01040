/** `terroir logs`: prints what a stage said in its latest run. */
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { Command } from 'commander'
import { latestLog } from '../schedule/logs.ts'
import { openStore, storeFolder } from '../store/store.ts'
import { storeOption } from './options.ts'

/** The command. */
export function command(): Command {
  return new Command('logs')
    .description('Print the log of a stage: what it told, what libraries printed, and the stack trace of a failure')
    .argument('<stage>', 'stage, as `terroir plan` names it')
    .addOption(storeOption())
    .action(async (stage: string, options: { readonly store?: string }) => {
      const store = openStore(storeFolder(options.store))
      const path = await latestLog(store, stage)
      if (path === undefined) {
        process.stderr.write(`error: No log of a stage "${stage}" in ${store.folder}; logs appear when a stage runs\n`)
        process.exitCode = 1
        return
      }
      await pipeline(createReadStream(path), process.stdout, { end: false })
    })
}
