/** `terroir explain`: where a value, or the key of a stage, comes from. */
import { Command } from 'commander'
import { findResults } from '../schedule/select.ts'
import { openStore, storeFolder } from '../store/store.ts'
import { explainStage } from './explain_stage.ts'
import { explainAbsence, explainValue } from './explain_value.ts'
import { setOption, storeOption } from './options.ts'
import { exitCodes, type LoadedOutline, loadChecked, outlineOf, tellUnknownStage } from './recipe.ts'

interface Flags {
  readonly set?: readonly string[]
  readonly store?: string
}

/** The command. */
export function command(): Command {
  return new Command('explain')
    .description(
      'Says of a stage what its key is made of, whether its result is stored, and what has changed since the lock; of a value, which line, parameter, cell of the matrix or flag gave it, and what it stands in place of.',
    )
    .argument('<recipe>', 'recipe file')
    .argument('<what>', "a stage, as 'terroir plan' names it, or the path of a value")
    .addOption(setOption())
    .addOption(storeOption())
    .addHelpText(
      'after',
      `
Examples:
  terroir explain recipe.yaml pretrain.web
  terroir explain recipe.yaml sources.web.samples
  terroir explain recipe.yaml train.pretrain.phases.web.learning_rate`,
    )
    .action(explain)
}

async function explain(file: string, what: string, flags: Flags): Promise<void> {
  const loaded = await loadChecked(file, flags)
  if (loaded === undefined) return
  const value = explainValue(loaded, what)
  if (value) return print(value)
  const plan = await outlineOf(loaded)
  const stage = plan.stages.find(({ id }) => id === what)
  if (stage === undefined) return tellUnknown({ loaded, plan }, what)
  const results = await findResults(plan, openStore(storeFolder(flags.store)))
  print(await explainStage(stage, { loaded, plan }, results))
}

const print = (lines: readonly string[]): void => void process.stdout.write(`${lines.join('\n')}\n`)

function tellUnknown({ loaded, plan }: LoadedOutline, what: string): void {
  const owner = what.split('.')[0]
  const isStage = plan.stages.some(({ id }) => id.split('.')[0] === owner)
  const absent = isStage ? undefined : explainAbsence(loaded, what)
  if (absent === undefined) tellUnknownStage(plan, what)
  else if (absent.isField) print(absent.lines)
  else {
    process.stderr.write(`${absent.lines.join('\n')}\n`)
    process.exitCode = exitCodes.badRecipe
  }
}
