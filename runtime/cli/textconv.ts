/** `terroir textconv`: a recipe or a lock as git compares it; see `terroir git-setup`. */
import { Command } from 'commander'
import { comparableText } from '../app/git_text.ts'
import { writeText } from './print.ts'

/** The command. */
export function command(): Command {
  return new Command('textconv')
    .description(
      "Prints a recipe with one setting a line, defaults filled in and parameters inserted, or a lock with what came out and which claims hold: git's textconv. Any other file is printed as it is.",
    )
    .argument('<file>', 'recipe or lock')
    .action(async (file: string) => {
      // Git shows it to a person.
      writeText(process.stdout, await comparableText(file))
    })
}
