/** `terroir explain`: the origin of a value, or the parts of the key of a stage. */
import { Command } from 'commander'
import { explain } from '../app/explain.ts'
import { explanationLines } from './explain_text.ts'
import { setOption, storeOption } from './options.ts'
import { printLine, tellDiagnostics } from './print.ts'

interface ExplainFlags {
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
    .action(async (recipe: string, what: string, flags: ExplainFlags) => {
      const explanation = await explain(recipe, what, { ...flags, onWarnings: tellDiagnostics })
      printLine(explanationLines(explanation).join('\n'))
    })
}
