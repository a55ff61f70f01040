/** Recipes and locks as git compares and merges them. */
import { readFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { loadRecipe } from '../../dsl/compile/load.ts'
import type { Lock } from '../../dsl/compile/lock.ts'
import { mergeLocks } from '../../dsl/compile/lock_merge.ts'
import { parseLock } from '../../dsl/compile/lock_text.ts'
import { type RecipeNode, recipeValues } from '../../dsl/compile/recipe_values.ts'
import { canonical } from '../../dsl/values/canonical.ts'
import { printQuantity } from '../../dsl/values/quantities.ts'
import { judgeClaims, metricText } from '../report/claims.ts'
import { formatMetric } from '../report/numbers.ts'

/**
 * A recipe with one setting a line, or a lock with results and verdicts; any other file as it is. Git hands over old
 * versions as single files elsewhere, without what they extend or import: those stay as they are.
 */
export async function comparableText(file: string): Promise<string> {
  const text = readFileSync(file, 'utf8')
  const lock = parseLock(text)
  if (lock !== undefined) return linesText(lockSummary(lock))
  if (!isRecipe(text) || /^extends:/m.test(text)) return text
  // Tables beside the recipe are not there, either, and say nothing of its settings.
  const { variants } = await loadRecipe(file, { isAlone: true })
  return variants[0] === undefined ? text : linesText(settingLines(recipeValues(variants[0])))
}

const isRecipe = (text: string): boolean => /^sources:/m.test(text) || /\bexport default recipe\(/.test(text)

const linesText = (lines: readonly string[]): string => lines.map(line => `${line}\n`).join('')

/** `train.pretrain.batch_size: 64`. */
function settingLines(node: RecipeNode, path = ''): readonly string[] {
  if (node.kind === 'map')
    return [...node.entries].flatMap(([name, child]) => settingLines(child, path === '' ? name : `${path}.${name}`))
  const { value, definition } = node
  const show = (item: unknown): string =>
    typeof item === 'number' ? printQuantity(item, definition) : typeof item === 'string' ? item : canonical(item)
  return [`${path}: ${Array.isArray(value) ? `[${value.map(show).join(', ')}]` : show(value)}`]
}
/** Claims first, then each stage: its key, its result and its metrics. */
function lockSummary(lock: Lock): readonly string[] {
  const results = new Map([...lock.stages].map(([id, { output }]) => [id, { manifest: output }]))
  const claims = judgeClaims({ claims: [...lock.claims.values()] }, results)
  const byName = <Item>(items: ReadonlyMap<string, Item>) => [...items].sort(([a], [b]) => (a < b ? -1 : 1))
  return [
    ...claims.map(({ claim, measured, verdict, expected }) => {
      const found = measured === undefined ? '' : `, ${formatMetric(claim.metric, measured)}`
      return `claim ${claim.name}: ${verdict}${found} (${metricText(claim)}, ${expected})`
    }),
    ...byName(lock.stages).flatMap(([id, { key, files, packages, output }]) => [
      `${id}: key ${key.slice(0, 8)}, result ${output.digest.slice(0, 8)}`,
      ...byName(files).map(([role, digest]) => `${id} reads ${packages.get(role) ?? role}: ${digest.slice(0, 8)}`),
      ...byName(new Map(Object.entries(output.metrics))).map(([name, value]) => `${id}.${name}: ${value}`),
    ]),
  ]
}

/**
 * Merges the lock `theirs` into the file `ours`, both made from `base`. Returns the items that both sides changed: they
 * stay a conflict in the file. A file that only ends like a lock is merged as git merges any text.
 */
export async function mergeLockFiles(
  base: string,
  { ours, theirs }: { readonly ours: string; readonly theirs: string },
): Promise<{ readonly isMerged: boolean; readonly conflicts: readonly string[] }> {
  const texts = await Promise.all([base, ours, theirs].map(file => readFile(file, 'utf8')))
  const [before, left, right] = texts.map(parseLock)
  if (left === undefined || left.scheme !== right?.scheme) {
    const { tryGitMerge } = await import('../git/merge_file.ts')
    return { isMerged: tryGitMerge(base, { ours, theirs }), conflicts: [] }
  }
  const { text, conflicts } = mergeLocks(before, { ours: left, theirs: right }, { ours: 'ours', theirs: 'theirs' })
  await writeFile(ours, text)
  return { isMerged: conflicts.length === 0, conflicts }
}
