/** `terroir init`: writes a commented starter recipe. */
import { dirname, join } from 'node:path'
import { Command } from 'commander'
import { init } from '../app/starter.ts'
import { printLine } from './print.ts'

/** The command. */
export function command(): Command {
  return new Command('init')
    .description(
      'Writes NAME.yaml, a commented recipe to start from, and the schema for editors beside it. Folders are made, nothing is overwritten.',
    )
    .argument('[name]', 'name of the recipe, or path of the file', 'recipe')
    .addHelpText(
      'after',
      `
Examples:
  terroir init                      write recipe.yaml
  terroir init experiments/first    write experiments/first.yaml`,
    )
    .action((name: string) => {
      const { file } = init(name)
      const images = join(dirname(file), 'images')
      printLine(`${file} written; put images and captions.csv in ${images}, then: terroir check ${file}`)
    })
}
