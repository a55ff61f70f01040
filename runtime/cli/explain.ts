/** `terroir explain`: where a value, or the key of a stage, comes from. */
import { Command } from 'commander'
import type { LoadedRecipe } from '../../dsl/compile/load.ts'
import { provenance } from '../../dsl/compile/provenance.ts'
import { canonical } from '../../dsl/print/canonical.ts'
import { findResults } from '../schedule/select.ts'
import { openStore, storeFolder } from '../store/store.ts'
import { explainStage, sourceText } from './explain_stage.ts'
import { setOption, storeOption } from './options.ts'
import { loadChecked, planOf, tellUnknownStage } from './recipe.ts'

interface Flags {
  readonly set?: readonly string[]
  readonly store?: string
}

/** The command. */
export function command(): Command {
  return new Command('explain')
    .description(
      'Says of a stage what its key is made of, whether its result is stored, and what has changed since the lock; of a value, which line or flag gave it.',
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
  const value = valueLines(loaded, what)
  if (value) return print(value)
  const plan = await planOf(loaded)
  const stage = plan.stages.find(({ id }) => id === what)
  if (stage === undefined) return tellUnknownStage(plan, what)
  const results = await findResults(plan, openStore(storeFolder(flags.store)))
  print(await explainStage(stage, { loaded, plan }, results))
}

const print = (lines: readonly string[]): void => void process.stdout.write(`${lines.join('\n')}\n`)

function valueLines({ variants }: LoadedRecipe, what: string): readonly string[] | undefined {
  const lines = variants.flatMap(variant => {
    const found = provenance(variant, what.split('.'))
    return found ? [`${what} = ${canonical(found.value)}`, `  ${sourceText(found)}`] : []
  })
  return lines.length > 0 ? [...new Set(lines)] : undefined
}
