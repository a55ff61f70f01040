/**
 * The lock: what a recipe was run with and what came out, committed beside the recipe.
 *
 * It is one JSON object with one item a line, sorted, so that git merges and diffs it by item. It holds nothing of
 * the machine or the time: a run that changes nothing writes the same bytes.
 */
import { canonical } from '../print/canonical.ts'
import { sha256 } from './keys.ts'
import type { Plan } from './plan.ts'

/** What came out of a stage. */
export interface StageOutput {
  /** Digest over files and metrics. */
  readonly digest: string
  readonly metrics: { readonly [name: string]: number }
}

/** Layout of the lock; its item sorts last, so that the last line never changes. */
const version = 1

/** Prints the lock of a plan whose stages are all done. Throws where an output is missing. */
export function printLock(plan: Plan, outputs: ReadonlyMap<string, StageOutput>): string {
  const items = new Map<string, string | number>([
    ['recipe', recipeDigest(plan)],
    ['version', version],
  ])
  for (const { id, key, externals } of plan.stages) {
    const output = outputs.get(id)
    if (output === undefined)
      throw new Error(`Stage "${id}" has no result, so the recipe cannot be locked; run it first`)
    for (const { name, sha256: digest } of externals) items.set(`external ${name}`, digest)
    items.set(`stage ${id}`, key)
    items.set(`output ${id}`, output.digest)
    for (const [name, value] of Object.entries(output.metrics)) items.set(`metric ${id}.${name}`, value)
  }
  const lines = [...items].map(([name, value]) => `  ${JSON.stringify(name)}: ${JSON.stringify(value)}`).sort()
  return `{\n${lines.join(',\n')}\n}\n`
}

/** Digest of what a recipe means: its stages and claims, not its spelling. */
function recipeDigest({ name, stages, claims }: Plan): string {
  return sha256(canonical({ name, stages: stages.map(({ id, key }) => ({ id, key })), claims }))
}

/** Whether a text is a lock: such a file may be written anew, any other is somebody's work. */
export function isLock(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && 'recipe' in value && 'version' in value
  } catch {
    return false
  }
}
