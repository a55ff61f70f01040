/** Records of runs with `--set`: the lock that such a run would have, under a name that says what was set. */
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Lock, lockOf, type StageOutput } from '../../dsl/compile/lock.ts'
import { parseLock, printLock } from '../../dsl/compile/lock_text.ts'
import type { Plan } from '../../dsl/compile/plan.ts'
import { isRecord, isText, parseJson } from '../../dsl/values/json.ts'
import { sha256 } from '../store/digest.ts'
import { makeBelow, replaceFile } from '../store/files.ts'
import type { Store } from '../store/store.ts'
import { writeAlone } from './outputs.ts'

/** A run of a recipe with changed values. */
export interface VariantRecord {
  /** Name of the record and of its report: `quickstart+params.pairs=2k`. */
  readonly name: string
  /** Absolute path of the recipe. */
  readonly recipe: string
  /** The changes, in the order in which they were applied. */
  readonly set: readonly string[]
  readonly lock: Lock
}

const folderName = 'variants'
const longestName = 120

/** The name of a variant: the recipe's and what is set. A long one, or one with odd characters, ends with a digest. */
export function variantName(recipe: string, set: readonly string[]): string {
  const whole = `${recipe}+${set.join('+')}`
  const plain = whole.replace(/[^A-Za-z0-9._=+,-]+/g, '-')
  if (plain === whole && plain.length <= longestName) return plain
  return `${plain.slice(0, longestName - 9)}-${sha256(whole).slice(0, 8)}`
}

/** Writes the record of a finished run with changed values; one of the same name is replaced. */
export async function recordVariant(
  plan: Plan,
  {
    store,
    recipe,
    set,
    outputs,
  }: Pick<VariantRecord, 'recipe' | 'set'> & {
    readonly store: Store
    readonly outputs: ReadonlyMap<string, StageOutput>
  },
): Promise<void> {
  const text = JSON.stringify({ recipe, set, lock: printLock(lockOf(plan, outputs)) })
  const path = join(store.folder, folderName, `${variantName(plan.name, set)}.json`)
  if ((await readFile(path, 'utf8').catch(() => undefined)) === text) return
  await writeAlone(store, async () => {
    await makeBelow(store.folder, folderName)
    await replaceFile(path, aside => writeFile(aside, text))
  })
}

/** The records of a store, by name; a file that is none is left out. */
export async function readVariants(storeFolder: string): Promise<readonly VariantRecord[]> {
  const folder = join(storeFolder, folderName)
  const names = (await readdir(folder).catch(() => [])).filter(name => name.endsWith('.json')).sort()
  const records = names.map(async (file): Promise<VariantRecord[]> => {
    const value = parseJson(await readFile(join(folder, file), 'utf8').catch(() => ''))
    if (!isRecord(value) || !isText(value.recipe) || !isText(value.lock) || !Array.isArray(value.set)) return []
    const lock = parseLock(value.lock)
    if (lock === undefined) return []
    return [{ name: file.slice(0, -'.json'.length), recipe: value.recipe, set: value.set.filter(isText), lock }]
  })
  return (await Promise.all(records)).flat()
}

/** Forgets all records of a store, so that nothing keeps their results. */
export async function dropVariants(storeFolder: string): Promise<void> {
  await rm(join(storeFolder, folderName), { recursive: true, force: true })
}
