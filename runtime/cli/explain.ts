/** `terroir explain`: the origin of a value, or the parts of the key of a stage. */
import { Command, Option } from 'commander'
import { explain } from '../app/explain.ts'
import { stageGraphs } from '../app/stage_graph.ts'
import { engineNames } from '../kinds/context.ts'
import { explanationLines } from './explain_text.ts'
import { setOption, storeOption } from './options.ts'
import { printLine, tellDiagnostics } from './print.ts'

interface ExplainFlags {
  readonly set?: readonly string[]
  readonly store?: string
  readonly graph?: true
  readonly engine?: string
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
    .option('--graph', 'instead, print the compiled steps of a stage that runs a model, by its sizes alone')
    .addOption(new Option('--engine <name>', 'with --graph: compile for this engine').choices(engineNames))
    .addHelpText(
      'after',
      `
Examples:
  terroir explain recipe.yaml pretrain.web
  terroir explain recipe.yaml sources.web.samples
  terroir explain recipe.yaml train.pretrain.phases.web.learning_rate
  terroir explain recipe.yaml pretrain.web --graph`,
    )
    .action(async (recipe: string, what: string, flags: ExplainFlags) => {
      const options = { ...flags, onWarnings: tellDiagnostics }
      if (flags.graph) {
        const graphs = await stageGraphs(recipe, what, options)
        printLine(graphs.map(({ title, text }) => `${what}: ${title}\n\n${text}`).join('\n'))
      } else printLine(explanationLines(await explain(recipe, what, options)).join('\n'))
    })
}
