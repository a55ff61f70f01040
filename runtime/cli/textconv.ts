/** `terroir textconv`: a recipe or a lock as git compares it; see `terroir git-setup`. */
import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { loadRecipe } from '../../dsl/compile/load.ts'
import type { Lock } from '../../dsl/compile/lock.ts'
import { parseLock } from '../../dsl/compile/lock_text.ts'
import { type RecipeNode, recipeValues } from '../../dsl/compile/recipe_values.ts'
import { canonical } from '../../dsl/values/canonical.ts'
import { printQuantity } from '../../dsl/values/quantity.ts'
import { judgeClaims, metricText } from '../report/claims.ts'
import { formatMetric } from '../report/numbers.ts'

/** The command. */
export function command(): Command {
  return new Command('textconv')
    .description(
      "Prints a recipe with one setting a line, defaults filled in and parameters inserted, or a lock with what came out and which claims hold: git's textconv. Any other file is printed as it is.",
    )
    .argument('<file>', 'recipe or lock')
    .action(async (file: string) => {
      process.stdout.write(await meaningOf(file))
    })
}

/** Git hands over old versions as single files elsewhere, without what they extend or import: those stay as they are. */
async function meaningOf(file: string): Promise<string> {
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
    return [...node.entries].flatMap(([name, inside]) => settingLines(inside, path === '' ? name : `${path}.${name}`))
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
    ...byName(lock.externals).map(([name, digest]) => `file ${name}: ${digest.slice(0, 8)}`),
    ...byName(lock.stages).flatMap(([id, { key, output }]) => [
      `${id}: key ${key.slice(0, 8)}, result ${output.digest.slice(0, 8)}`,
      ...byName(new Map(Object.entries(output.metrics))).map(([name, value]) => `${id}.${name}: ${value}`),
    ]),
  ]
}
