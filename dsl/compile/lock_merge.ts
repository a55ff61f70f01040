/** Merges locks of two branches: by stage and claim, so that changes of one side alone do not conflict. */
import { canonical } from '../values/canonical.ts'
import { claimJson, type Lock, type LockedStage, recipeDigest } from './lock.ts'
import { lockLines, printLock, stageItem } from './lock_text.ts'

/** The merged text; with conflicts it holds markers around each item that both sides changed. */
export interface MergedLock {
  readonly text: string
  /** Stages and claims that both sides changed in different ways. */
  readonly conflicts: readonly string[]
}

/** Names of the sides in markers. */
export interface MergeLabels {
  readonly ours: string
  readonly theirs: string
}

/** Merges two locks of one key scheme with a common base; without a base, items that only one side has are kept. */
export function mergeLocks(
  base: Lock | undefined,
  { ours, theirs }: { readonly ours: Lock; readonly theirs: Lock },
  labels: MergeLabels,
): MergedLock {
  const conflicts: string[] = []
  const stages = mergeMaps({ base: base?.stages, ours: ours.stages, theirs: theirs.stages }, stageText)
  const claims = mergeMaps({ base: base?.claims, ours: ours.claims, theirs: theirs.claims }, claim =>
    canonical(claimJson(claim)),
  )
  const names = mergeMaps(
    { base: base && single(base.name), ours: single(ours.name), theirs: single(theirs.name) },
    name => name,
  )
  conflicts.push(
    ...names.conflicts,
    ...stages.conflicts.map(id => `stage ${id}`),
    ...claims.conflicts.map(claim => `claim ${claim}`),
  )
  const side = (which: 'ours' | 'theirs'): Lock => {
    const record = {
      name: names[which].get('name') ?? ours.name,
      scheme: ours.scheme,
      claims: claims[which],
      stages: stages[which],
    }
    return { ...record, recipe: recipeDigest(record) }
  }
  const merged = side('ours')
  if (conflicts.length === 0) return { text: printLock(merged), conflicts }
  return { text: conflictText(merged, side('theirs'), labels), conflicts }
}

const single = (name: string): ReadonlyMap<string, string> => new Map([['name', name]])

interface ThreeSides<Item> {
  readonly base: ReadonlyMap<string, Item> | undefined
  readonly ours: ReadonlyMap<string, Item>
  readonly theirs: ReadonlyMap<string, Item>
}

/** The merge with conflicts resolved for each side; without conflicts both are equal. */
interface MergedMaps<Item> {
  readonly ours: ReadonlyMap<string, Item>
  readonly theirs: ReadonlyMap<string, Item>
  readonly conflicts: readonly string[]
}

function mergeMaps<Item>({ base, ours, theirs }: ThreeSides<Item>, print: (item: Item) => string): MergedMaps<Item> {
  const merged = { ours: new Map<string, Item>(), theirs: new Map<string, Item>() }
  const conflicts: string[] = []
  const text = (item: Item | undefined): string => (item === undefined ? '' : print(item))
  for (const name of new Set([...ours.keys(), ...theirs.keys()])) {
    const [a, b, before] = [ours.get(name), theirs.get(name), text(base?.get(name))]
    const isConflict = text(a) !== text(b) && text(a) !== before && text(b) !== before
    if (isConflict) conflicts.push(name)
    const left = isConflict ? a : text(a) === before ? b : a
    const right = isConflict ? b : left
    if (left !== undefined) merged.ours.set(name, left)
    if (right !== undefined) merged.theirs.set(name, right)
  }
  return { ...merged, conflicts: conflicts.sort() }
}

function stageText({ key, kind, params, inputs, files, packages, output }: LockedStage): string {
  return canonical({
    key,
    kind,
    params: Object.fromEntries(params),
    inputs: Object.fromEntries(inputs),
    files: Object.fromEntries(files),
    packages: Object.fromEntries(packages),
    output: output.digest,
    metrics: output.metrics,
  })
}

/** The lines of both, with markers around each group of lines in which they differ. */
function conflictText(ours: Lock, theirs: Lock, labels: MergeLabels): string {
  const [left, right] = [lockLines(ours), lockLines(theirs)]
  const shared = new Set(left.filter(line => right.includes(line)))
  const groups = new Map<string, { readonly ours: string[]; readonly theirs: string[] }>()
  for (const [side, lines] of [
    ['ours', left],
    ['theirs', right],
  ] as const)
    for (const line of lines) {
      const group = groups.get(groupOf(line)) ?? { ours: [], theirs: [] }
      groups.set(groupOf(line), group)
      group[side].push(line)
    }
  const last = left.at(-1)
  const comma = (line: string): string => (line === last ? line : `${line},`)
  const body = [...groups]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, { ours, theirs }]) => {
      if ([...ours, ...theirs].every(line => shared.has(line))) return ours.map(comma)
      return [`<<<<<<< ${labels.ours}`, ...ours.map(comma), '=======', ...theirs.map(comma), `>>>>>>> ${labels.theirs}`]
    })
  return `{\n${body.join('\n')}\n}\n`
}

/** The unit that a line conflicts in: a stage with all its items, else the item. */
function groupOf(line: string): string {
  const [, item = line] = /^ {2}("(?:[^"\\]|\\.)*")/.exec(line) ?? []
  const start = '"stage '
  return item.startsWith(start) ? start + (stageItem.exec(item.slice(start.length, -1))?.[1] ?? item) : item
}
