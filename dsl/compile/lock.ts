/**
 * The lock: what a recipe was run with and what came out, committed beside the recipe.
 *
 * It is one JSON object with one item a line, sorted, so that git merges and diffs it by item. It holds nothing of
 * the machine or the time: a run that changes nothing writes the same bytes.
 */
import { canonical } from '../print/canonical.ts'
import { isRecord, isText, parseJson } from '../read/json.ts'
import { sha256 } from './keys.ts'
import { leaves } from './leaves.ts'
import { inputText, type Json, type Plan, type Stage } from './plan.ts'

/** What came out of a stage. */
export interface StageOutput {
  /** Digest over files and metrics. */
  readonly digest: string
  readonly metrics: { readonly [name: string]: number }
}

/** A stage as it was locked. */
export interface LockedStage {
  readonly key: string
  /** Kind and version: `train@2`. */
  readonly kind: string
  /** Single values by dotted path. */
  readonly params: ReadonlyMap<string, Json>
  /** Inputs in words, by role: `places (train)`. */
  readonly inputs: ReadonlyMap<string, string>
  readonly output: StageOutput
}

/** What a lock holds. */
export interface Lock {
  /** Digest of what the recipe means: its stages and claims, not its spelling. */
  readonly recipe: string
  /** Digests of files by name. */
  readonly externals: ReadonlyMap<string, string>
  readonly stages: ReadonlyMap<string, LockedStage>
}

/** Layout of the text; its item sorts last, so that the last line never changes. */
const layout = 1

/** The lock of a plan whose stages are all done. Throws where an output is missing. */
export function lockOf({ name, stages, claims }: Plan, outputs: ReadonlyMap<string, StageOutput>): Lock {
  const locked = stages.map((stage): [string, LockedStage] => {
    const output = outputs.get(stage.id)
    if (output === undefined)
      throw new Error(`Stage "${stage.id}" has no result, so the recipe cannot be locked; run it first`)
    const { digest, metrics } = output
    return [stage.id, { ...asLocked(stage), output: { digest, metrics } }]
  })
  return {
    recipe: sha256(canonical({ name, stages: stages.map(({ id, key }) => ({ id, key })), claims })),
    externals: new Map(stages.flatMap(({ externals }) => externals.map(({ name, sha256 }) => [name, sha256]))),
    stages: new Map(locked),
  }
}

/** What a lock says of a stage before it has run. */
export function asLocked({ key, kind, version, params, inputs }: Stage): Omit<LockedStage, 'output'> {
  return {
    key,
    kind: `${kind}@${version}`,
    params: new Map(leaves(params).map(({ path, value }) => [path.join('.'), value])),
    inputs: new Map(Object.entries(inputs).map(([role, input]) => [role, inputText(input)])),
  }
}

/** The text of a lock. */
export function printLock({ recipe, externals, stages }: Lock): string {
  const items: (readonly [string, Json])[] = [
    ['recipe', recipe],
    ['version', layout],
    ...[...externals].map(([name, digest]) => [`external ${name}`, digest] as const),
  ]
  for (const [id, { key, kind, params, inputs, output }] of stages)
    items.push(
      [`stage ${id}`, key],
      [`kind ${id}`, kind],
      [`output ${id}`, output.digest],
      ...[...params].map(([path, value]) => [`parameter ${id} ${path}`, value] as const),
      ...[...inputs].map(([role, input]) => [`input ${id} ${role}`, input] as const),
      ...Object.entries(output.metrics).map(([name, value]) => [`metric ${id}.${name}`, value] as const),
    )
  const lines = items.map(([name, value]) => `  ${JSON.stringify(name)}: ${canonical(value)}`).sort()
  return `{\n${lines.join(',\n')}\n}\n`
}

/** Reads a lock; undefined where the text is none. Items of no meaning are passed over. */
export function parseLock(text: string): Lock | undefined {
  const items = parseJson(text)
  if (!isRecord(items) || items.version !== layout || !isText(items.recipe)) return undefined
  const externals = new Map<string, string>()
  const stages = new Map<string, OpenStage>()
  const stageAt = (id: string): OpenStage => {
    const stage = stages.get(id) ?? openStage()
    stages.set(id, stage)
    return stage
  }
  for (const [item, value] of Object.entries(items)) {
    const [, word = '', name = ''] = /^([a-z]+) (.*)$/s.exec(item) ?? []
    // Paths of parameters and roles hold no space, names of metrics no dot.
    const end = name.lastIndexOf(word === 'metric' ? '.' : ' ')
    const [id, part] = [name.slice(0, end), name.slice(end + 1)]
    if (word === 'parameter') stageAt(id).params.set(part, value)
    else if (word === 'metric' && typeof value === 'number') stageAt(id).output.metrics[part] = value
    else if (word === 'input' && isText(value)) stageAt(id).inputs.set(part, value)
    else if (word === 'external' && isText(value)) externals.set(name, value)
    else if (word === 'stage' && isText(value)) stageAt(name).key = value
    else if (word === 'kind' && isText(value)) stageAt(name).kind = value
    else if (word === 'output' && isText(value)) stageAt(name).output.digest = value
  }
  return { recipe: items.recipe, externals, stages }
}

/** A stage whose items are still being gathered. */
interface OpenStage extends LockedStage {
  key: string
  kind: string
  readonly params: Map<string, Json>
  readonly inputs: Map<string, string>
  readonly output: { digest: string; readonly metrics: Record<string, number> }
}

const openStage = (): OpenStage => ({
  key: '',
  kind: '',
  params: new Map(),
  inputs: new Map(),
  output: { digest: '', metrics: {} },
})
