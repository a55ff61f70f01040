/** `terroir diff`: what changed between two recipes, or two revisions of one, and what follows from it. */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { Command } from 'commander'
import { type DiffResult, diff, type RecipePlace } from '../app/diff.ts'
import { RequestFault } from '../app/faults.ts'
import { workTreeRoot } from '../git/git.ts'
import { comparisonLines } from './diff_text.ts'
import { exitCodes, printJson, printLine } from './print.ts'
import { printingTo } from './terminal.ts'

interface DiffFlags {
  readonly json?: true
  readonly exitCode?: true
}

const examples = `
Examples:
  terroir diff recipe.yaml                  since the last commit
  terroir diff HEAD~3 recipe.yaml           since an earlier one
  terroir diff main my-branch recipe.yaml   between two revisions
  terroir diff HEAD~1:recipe.yaml recipe.yaml
  terroir diff base.yaml larger.ts          two recipes

Metrics and claims are those of the locks beside the recipes. What a revision
says is read from git, with all that it extends, imports and names; nothing is
checked out.

Exit codes: 0 ok, with --exit-code 1 where something differs, 2 bad recipe or
usage.`

/** The command. */
export function command(): Command {
  return new Command('diff')
    .description(
      'Says what changed between two recipes or revisions: parameters, the stages that run again, metrics, and claims that turned.',
    )
    .argument('<what...>', 'a recipe; or revision and recipe; or two recipes, each a file or REVISION:FILE')
    .option('--json', 'print the comparison as JSON')
    .option('--exit-code', 'exit with 1 when something differs, as git diff does')
    .addHelpText('after', examples)
    .action(async (what: readonly string[], flags: DiffFlags) => {
      const result = await diff(...placesOf(what))
      if (flags.json) printJson(jsonOf(result))
      else printDiff(result)
      if (!result.isSame && flags.exitCode) process.exitCode = exitCodes.failedWork
    })
}

/** The two recipes that the arguments name. Throws where they name none. */
function placesOf(what: readonly string[]): readonly [RecipePlace, RecipePlace] {
  const [first = '', second, third, ...rest] = what
  if (rest.length > 0) throw new RequestFault('At most two revisions and a recipe are compared')
  if (third !== undefined) return [placeAt(first, third), placeAt(second ?? '', third)]
  if (second === undefined) {
    const place = placeOf(first)
    if (place.revision !== undefined) return [place, { file: place.file }]
    if (!existsSync(first))
      throw new RequestFault(`There is no recipe '${first}'; name a file, or a revision and a file`)
    return [{ file: first, revision: 'HEAD' }, place]
  }
  const isRevision = !existsSync(first) && !first.includes(':')
  return [isRevision ? placeAt(first, second) : placeOf(first), placeOf(second)]
}

const placeAt = (revision: string, file: string): RecipePlace => ({ file, revision })

/** `HEAD~1:recipes/x.yaml` counts from the root of the work tree, as git has it; `HEAD~1:./x.yaml` from here. */
function placeOf(text: string): RecipePlace {
  const [, revision, path = ''] = existsSync(text) ? [] : (/^([^:]+):(.+)$/s.exec(text) ?? [])
  if (revision === undefined) return { file: text }
  return { revision, file: /^\.{1,2}\//.test(path) ? path : resolve(workTreeRoot() ?? '.', path) }
}

function jsonOf({ before, after, comparison, isSame, borrowed, absent }: DiffResult) {
  const reruns = comparison.reruns.map(({ stage, own, through }) => ({
    id: stage.id,
    because: own.map(({ stage: _, ...change }) => change),
    through,
  }))
  return { before: before.label, after: after.label, same: isSame, ...comparison, reruns, borrowed, absent }
}

function printDiff({ before, after, comparison, borrowed, absent }: DiffResult): void {
  const { paint } = printingTo(process.stdout)
  const lines = comparisonLines(comparison, paint)
  const notes = [
    ...borrowed.map(name => `git has no '${name}'; it was taken as it is now`),
    ...absent.map(name => `'${name}' is not here; it was taken as unchanged`),
  ].map(note => `${paint('active', 'note:')} ${note}`)
  const head = paint('quiet', `${before.label} -> ${after.label}`)
  printLine([head, ...(lines.length === 0 ? ['nothing differs'] : lines), ...notes].join('\n'))
}
