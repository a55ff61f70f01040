/** `terroir stop`: asks a run to save its state and to end. */
import { Command } from 'commander'
import { stop } from '../app/runs.ts'
import { storeOption } from './options.ts'
import { printLine } from './print.ts'

/** The command. */
export function command(): Command {
  return new Command('stop')
    .description(
      'Stops a run as Ctrl-C in its terminal does: training saves a checkpoint, what is done is kept, and the next run goes on from there. Waits until the run has ended.',
    )
    .argument('[run]', "a run, as 'terroir ps' names it; only needed where several go on")
    .addOption(storeOption())
    .addHelpText('after', '\nExamples:\n  terroir stop\n  terroir stop 20260314T101500-4242-9f3c')
    .action(async (run: string | undefined, { store }: { readonly store?: string }) => {
      const stopped = await stop({
        run,
        store,
        onStopping: found => printLine(`Stopping ${found.run} (${found.recipe}, process ${found.pid})`),
      })
      printLine(stopped === undefined ? 'Nothing runs' : 'Stopped')
    })
}
