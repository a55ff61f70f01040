/** `terroir schema`: the JSON Schema of recipes. */
import { Command } from 'commander'
import { printJson } from './print.ts'

/** The command. */
export function command(): Command {
  return new Command('schema')
    .description('Prints the JSON Schema of recipes (draft 2020-12), with which editors complete and check YAML.')
    .addHelpText(
      'after',
      `
Examples:
  terroir schema > recipe.schema.json

Then let a recipe begin with
  # yaml-language-server: $schema=recipe.schema.json`,
    )
    .action(async () => {
      const { editorSchema } = await import('../../dsl/print/editor_schema.ts')
      printJson(editorSchema())
    })
}
