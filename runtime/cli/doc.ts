/** `terroir doc`: the reference of the language. */
import { Command } from 'commander'
import { referencePage, referenceParts } from '../../dsl/print/reference.ts'
import { recipeSchema } from '../../dsl/schema/schema_node.ts'
import { unknownName } from '../app/faults.ts'
import { printLine, writeText } from './print.ts'

/** The command. */
export function command(): Command {
  return new Command('doc')
    .description('Prints the reference of recipes in Markdown: every section, kind and field; or one section or kind.')
    .argument('[name]', 'a section, a kind, or a part of an entry')
    .addHelpText(
      'after',
      `
Examples:
  terroir doc                       the whole page, docs/reference.md
  terroir doc train                 the section 'train'
  terroir doc landmarks             the kind of source
  terroir doc phase                 one phase of a curriculum`,
    )
    .action(doc)
}

function doc(name: string | undefined): void {
  if (name === undefined) return void writeText(process.stdout, referencePage(recipeSchema))
  const parts = new Map(
    referenceParts(recipeSchema).map(part => [part.title.replace('kind: ', '').toLowerCase(), part]),
  )
  const part = parts.get(name.toLowerCase())
  if (part !== undefined) return void printLine(`${'#'.repeat(part.level)} ${part.title}\n\n${part.text}`)
  const known = [...parts.keys()]
  const otherwise = `names are ${known.join(', ')}`
  throw unknownName(`Nothing of the language is called '${name}'`, { name, known, otherwise })
}
