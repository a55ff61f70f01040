/** `terroir report`: builds the page from the results in the store. */
import { Command } from 'commander'
import { report } from '../app/report.ts'
import { setOption, storeOption } from './options.ts'
import { printLine, tellDiagnostics } from './print.ts'

interface ReportFlags {
  readonly out?: string
  readonly set?: readonly string[]
  readonly store?: string
}

const examples = `
Examples:
  terroir report recipe.yaml
  terroir report recipe.yaml --out first.html

The page needs nothing but itself: it can be mailed, printed and archived.
Stages that have not run are shown as such.`

/** The command. */
export function command(): Command {
  return new Command('report')
    .description('Writes the HTML report of a recipe from the results in the store, and prints its path.')
    .argument('<recipe>', 'recipe file')
    .addOption(setOption())
    .option('--out <file>', 'write the page to this file instead of the store')
    .addOption(storeOption())
    .addHelpText('after', examples)
    .action(async (recipe: string, flags: ReportFlags) => {
      printLine(await report(recipe, { ...flags, onWarnings: tellDiagnostics }))
    })
}
