/** `terroir diff`: what changed between two recipes, or two revisions of one, and what follows from it. */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { Command } from 'commander'
import { loadRecipe } from '../../dsl/compile/load.ts'
import { parseLock } from '../../dsl/compile/lock_text.ts'
import { isClean } from '../../dsl/diagnostics/diagnostic.ts'
import { disk } from '../../dsl/read/file.ts'
import { type Comparison, compare, type Side } from '../compare/compare.ts'
import { workTreeRoot } from '../git/git.ts'
import { openRevision, type Revision } from '../git/revision.ts'
import { comparisonLines } from './diff_text.ts'
import { painter } from './live/format.ts'
import { lockPath } from './lock_file.ts'
import { exitCodes, hasColour, outlineOf, printDiagnostics } from './recipe.ts'

interface Flags {
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
    .action(diff)
}

/** A recipe at a place. */
interface Place {
  readonly file: string
  /** Absent: the work tree. */
  readonly revision?: string
}

async function diff(what: readonly string[], flags: Flags): Promise<void> {
  const places = placesOf(what)
  if (typeof places === 'string') {
    process.stderr.write(`error: ${places}\n`)
    process.exitCode = exitCodes.badRecipe
    return
  }
  const borrowed = new Set<string>()
  const before = await sideOf(places[0], borrowed)
  const after = before && (await sideOf(places[1], borrowed))
  if (before === undefined || after === undefined) {
    process.exitCode = exitCodes.badRecipe
    return
  }
  const comparison = compare(before, after)
  const isSame = tell({ before, after, comparison, borrowed }, flags)
  if (!isSame && flags.exitCode) process.exitCode = exitCodes.failedWork
}

/** What the arguments name, or why they name nothing. */
function placesOf(what: readonly string[]): readonly [Place, Place] | string {
  const [first = '', second, third, ...rest] = what
  if (rest.length > 0) return 'At most two revisions and a recipe are compared'
  if (third !== undefined) return [placeAt(first, third), placeAt(second ?? '', third)]
  if (second === undefined) {
    const place = placeOf(first)
    if (place.revision !== undefined) return [place, { file: place.file }]
    if (!existsSync(first)) return `There is no recipe '${first}'; name a file, or a revision and a file`
    return [{ file: first, revision: 'HEAD' }, place]
  }
  const isRevision = !existsSync(first) && !first.includes(':')
  return [isRevision ? placeAt(first, second) : placeOf(first), placeOf(second)]
}

const placeAt = (revision: string, file: string): Place => ({ file, revision })

/** `HEAD~1:recipes/x.yaml` counts from the root of the work tree, as git has it; `HEAD~1:./x.yaml` from here. */
function placeOf(text: string): Place {
  const [, revision, path = ''] = existsSync(text) ? [] : (/^([^:]+):(.+)$/s.exec(text) ?? [])
  if (revision === undefined) return { file: text }
  return { revision, file: /^\.{1,2}\//.test(path) ? path : resolve(workTreeRoot() ?? '.', path) }
}

/** Loads a side; undefined where the recipe has errors, which are told. */
async function sideOf({ file, revision: name }: Place, borrowed: Set<string>): Promise<Side | undefined> {
  const revision: Revision | undefined = name === undefined ? undefined : openRevision(name)
  const files = revision?.files ?? disk
  const loaded = await loadRecipe(file, { files })
  if (!isClean(loaded.diagnostics)) {
    printDiagnostics(loaded.diagnostics)
    return undefined
  }
  const plan = await outlineOf(loaded, revision?.digest)
  const path = lockPath(resolve(file))
  const lock = files.stat(path) && parseLock(new TextDecoder().decode(files.read(path)))
  for (const one of revision?.borrowed ?? []) borrowed.add(one)
  return { label: files.name(resolve(file)), loaded, plan, ...(lock && { lock }) }
}

interface Compared {
  readonly before: Side
  readonly after: Side
  readonly comparison: Comparison
  readonly borrowed: ReadonlySet<string>
}

/** Prints, and says whether both sides are the same. */
function tell({ before, after, comparison, borrowed }: Compared, flags: Flags): boolean {
  const { changes, reruns, gone, metrics, claims, madeWith } = comparison
  const isSame = [changes, reruns, gone, metrics, claims, madeWith].every(list => list.length === 0)
  const labels = { before: before.label, after: after.label }
  if (flags.json) {
    const stages = reruns.map(({ stage, own, through }) => ({
      id: stage.id,
      because: own.map(({ stage: _, ...change }) => change),
      through,
    }))
    printJson({ ...labels, same: isSame, ...comparison, reruns: stages, borrowed: [...borrowed] })
    return isSame
  }
  const paint = painter(hasColour(process.stdout))
  const lines = comparisonLines(comparison, paint)
  const absent = new Set([before, after].flatMap(({ plan }) => plan.stages.flatMap(stage => stage.absent ?? [])))
  const notes = [
    ...[...borrowed].map(name => `git has no '${name}'; it was taken as it is now`),
    ...[...absent].map(name => `'${name}' is not here; it was taken as unchanged`),
  ].map(note => `${paint('active', 'note:')} ${note}`)
  const head = paint('quiet', `${labels.before} -> ${labels.after}`)
  process.stdout.write(`${[head, ...(lines.length === 0 ? ['nothing differs'] : lines), ...notes].join('\n')}\n`)
  return isSame
}

const printJson = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value, null, 2)}\n`)
