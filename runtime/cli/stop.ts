/** `terroir stop`: asks a run to save what it is at and to end. */
import { setTimeout } from 'node:timers/promises'
import { Command } from 'commander'
import { suggest } from '../../dsl/diagnostics/suggest.ts'
import { type LivingRun, livingRuns } from '../schedule/status.ts'
import { isLocal, processStart, thisProcess } from '../store/process.ts'
import { openStore, type Store, storeFolder } from '../store/store.ts'
import { storeOption } from './options.ts'
import { exitCodes } from './recipe.ts'

/** The command. */
export function command(): Command {
  return new Command('stop')
    .description(
      'Stops a run as Ctrl-C in its terminal does: training saves a checkpoint, what is done is kept, and the next run goes on from there. Waits until the run has ended.',
    )
    .argument('[run]', "a run, as 'terroir ps' names it; only needed where several go on")
    .addOption(storeOption())
    .addHelpText('after', '\nExamples:\n  terroir stop\n  terroir stop 20260314T101500-4242-9f3c')
    .action(async (run: string | undefined, options: { readonly store?: string }) => {
      process.exitCode = await stop(run, openStore(storeFolder(options.store)))
    })
}

function tell(error: string, hint: string): number {
  process.stderr.write(`error: ${error}\nhint: ${hint}\n`)
  return exitCodes.badRecipe
}

async function stop(name: string | undefined, store: Store): Promise<number> {
  const runs = await livingRuns(store)
  const names = runs.map(({ run }) => run)
  const found: LivingRun | undefined = name === undefined ? runs[0] : runs.find(({ run }) => run === name)
  if (found === undefined) {
    if (name === undefined || names.length === 0) {
      process.stdout.write('Nothing runs\n')
      return exitCodes.ok
    }
    return tell(`No run '${name}' goes on`, `write '${suggest(name, names) ?? names.join("' or '")}'`)
  }
  if (name === undefined && names.length > 1) return tell('Several runs go on', `name one: ${names.join(', ')}`)
  if (!isLocal({ ...thisProcess(), host: found.host }))
    return tell(`The run '${found.run}' goes on at ${found.host}`, 'stop it there')
  const start = processStart(found.pid)
  process.stdout.write(`Stopping ${found.run} (${found.recipe}, process ${found.pid})\n`)
  process.kill(found.pid, 'SIGTERM')
  while (start !== undefined && processStart(found.pid) === start) await setTimeout(100)
  process.stdout.write('Stopped\n')
  return exitCodes.ok
}
