/**
 * The text of a lock: one JSON object with one item a line, sorted, so that git merges and diffs it by item. The items
 * of a stage are adjacent.
 */
import { canonical } from '../values/canonical.ts'
import { isRecord, isText, parseJson } from '../values/json.ts'
import { keyScheme } from './keys.ts'
import { claimJson, type Lock, type LockedStage } from './lock.ts'
import type { Json, PlannedClaim } from './plan.ts'

/** Layout of the text; its item sorts last, so that the last line never changes. */
export const lockLayout = 3

/** The layout of locks before keys had a scheme of a number: files by path, apart from their stages. */
const oldLayout = 2

/** The text of a lock. */
export const printLock = (lock: Lock): string => `{\n${lockLines(lock).join(',\n')}\n}\n`

/** The items of a lock as lines, without the commas between them. */
export function lockLines({ name, recipe, scheme, claims, stages }: Lock): readonly string[] {
  const items: readonly (readonly [string, Json])[] = [
    ['name', name],
    ['recipe', recipe],
    ['key scheme', scheme],
    ['version', lockLayout],
    ...[...claims].map(([claim, content]) => [`claim ${claim}`, claimJson(content)] as const),
    ...[...stages].flatMap(([id, stage]) =>
      stageItems(stage).map(([part, value]) => [`stage ${id} ${part}`, value] as const),
    ),
  ]
  return items.map(([item, value]) => `  ${JSON.stringify(item)}: ${canonical(value)}`).sort()
}

function stageItems({
  key,
  kind,
  params,
  inputs,
  files,
  packages,
  output,
}: LockedStage): readonly (readonly [string, Json])[] {
  return [
    ['key', key],
    ['kind', kind],
    ['output', output.digest],
    ...[...params].map(([path, value]) => [`parameter:${path}`, value] as const),
    ...[...inputs].map(([role, input]) => [`input:${role}`, input] as const),
    ...[...files].map(([role, digest]) => [`file:${role}`, digest] as const),
    ...[...packages].map(([role, name]) => [`package:${role}`, name] as const),
    ...Object.entries(output.metrics).map(([metric, value]) => [`metric:${metric}`, value] as const),
  ]
}

/** A stage and a part of it. Names of stages of a matrix may hold spaces, and so may keys of parameters. */
export const stageItem = /^(.+?) (key|kind|output|(?:parameter|input|file|package|metric):.*)$/s

/**
 * Reads a lock, also one of the layout before, whose stages have no files; undefined where the text is neither. Unknown
 * items are ignored.
 */
export function parseLock(text: string): Lock | undefined {
  const items = parseJson(text)
  if (!isRecord(items) || !isText(items.recipe) || !isText(items.name)) return undefined
  const scheme = items.version === oldLayout ? 1 : items['key scheme']
  if (![lockLayout, oldLayout].includes(Number(items.version)) || typeof scheme !== 'number') return undefined
  const claims = new Map<string, PlannedClaim>()
  const stages = new Map<string, OpenStage>()
  for (const [item, value] of Object.entries(items)) {
    const [, word, name = ''] = /^(claim|stage) (.*)$/s.exec(item) ?? []
    if (word === 'claim' && isClaim(value)) claims.set(name, { ...value, name })
    if (word !== 'stage') continue
    const [, id, part] = stageItem.exec(name) ?? []
    if (id === undefined || part === undefined) continue
    const stage = stages.get(id) ?? openStage()
    stages.set(id, stage)
    addPart(stage, part, value)
  }
  return { name: items.name, recipe: items.recipe, scheme, claims, stages }
}

function addPart(stage: OpenStage, part: string, value: Json): void {
  const [, word = part, name = ''] = /^([a-z]+):(.*)$/s.exec(part) ?? []
  if (word === 'parameter') stage.params.set(name, value)
  else if (word === 'metric' && typeof value === 'number') stage.output.metrics[name] = value
  else if (word === 'input' && isText(value)) stage.inputs.set(name, value)
  else if (word === 'file' && isText(value)) stage.files.set(name, value)
  else if (word === 'package' && isText(value)) stage.packages.set(name, value)
  else if (word === 'key' && isText(value)) stage.key = value
  else if (word === 'kind' && isText(value)) stage.kind = value
  else if (word === 'output' && isText(value)) stage.output.digest = value
}

function isClaim(value: unknown): value is Omit<PlannedClaim, 'name'> {
  return (
    isRecord(value) &&
    isText(value.stage) &&
    isText(value.metric) &&
    isText(value.origin) &&
    typeof value.tolerance === 'number' &&
    [value.expect, value.atLeast, value.atMost].every(bound => bound === undefined || typeof bound === 'number')
  )
}

/** A stage while its items are read. */
interface OpenStage extends LockedStage {
  key: string
  kind: string
  readonly params: Map<string, Json>
  readonly inputs: Map<string, string>
  readonly files: Map<string, string>
  readonly packages: Map<string, string>
  readonly output: { digest: string; readonly metrics: Record<string, number> }
}

const openStage = (): OpenStage => ({
  key: '',
  kind: '',
  params: new Map(),
  inputs: new Map(),
  files: new Map(),
  packages: new Map(),
  output: { digest: '', metrics: {} },
})

/** True if git left a conflict in a text. */
export const isConflict = (text: string): boolean => /^<{7}(?: |$)/m.test(text)

const conflictLine = /^(?:<{7}|\|{7}|={7}|>{7})(?: .*)?\n?/gm

/**
 * The locks that a text holds: one, or both sides of a conflict that git left. Empty for a lock of another layout or key
 * scheme;
 * `undefined` if the text is no lock.
 */
export function readLocks(text: string): readonly Lock[] | undefined {
  const sides = isConflict(text) ? conflictSides(text) : [text]
  const items = sides.map(side => parseJson(side))
  if (!items.every(side => isRecord(side) && isText(side.recipe) && typeof side.version === 'number')) return undefined
  return sides.flatMap(side => {
    const lock = parseLock(side)
    return lock?.scheme === keyScheme ? [lock] : []
  })
}

/** Both sides of a text with conflicts; the base that the style `diff3` adds belongs to neither. */
function conflictSides(text: string): readonly string[] {
  const block = /^<{7}.*\n([\s\S]*?)(?:^\|{7}.*\n[\s\S]*?)?^={7}.*\n([\s\S]*?)^>{7}.*\n/gm
  return ['$1', '$2'].map(side => text.replaceAll(block, side).replaceAll(conflictLine, ''))
}
