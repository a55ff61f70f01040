/** `terroir explain`: where a value, or the key of a stage, comes from. */
import { Command } from 'commander'
import { place } from '../../dsl/check/render.ts'
import { suggest } from '../../dsl/check/suggest.ts'
import type { LoadedRecipe, Variant } from '../../dsl/compile/load.ts'
import type { Json, Plan, Stage } from '../../dsl/compile/plan.ts'
import { type Provenance, provenance } from '../../dsl/compile/provenance.ts'
import { canonical } from '../../dsl/print/canonical.ts'
import { findResults } from '../schedule/select.ts'
import { openStore, type Result, storeFolder } from '../store/store.ts'
import { exitCodes, type LoadedPlan, loadChecked, planOf, setOption } from './recipe.ts'

interface Flags {
  readonly set: readonly string[]
  readonly store?: string
}

/** The command. */
export function command(): Command {
  return new Command('explain')
    .description(
      'Says of a stage what its key is made of and why it is cached or not; of a value, which line or flag gave it.',
    )
    .argument('<recipe>', 'recipe file')
    .argument('<what>', 'a stage, as `terroir plan` names it, or the path of a value')
    .addOption(setOption())
    .option('--store <dir>', 'folder of results (default: TERROIR_STORE or .terroir)')
    .addHelpText(
      'after',
      `
Examples:
  terroir explain recipe.yaml pretrain.web
  terroir explain recipe.yaml sources.web.samples
  terroir explain recipe.yaml train.pretrain.phases.web.learning_rate`,
    )
    .action(explain)
}

async function explain(file: string, what: string, flags: Flags): Promise<void> {
  const loaded = await loadChecked(file, flags)
  if (loaded === undefined) return
  const value = valueLines(loaded, what)
  if (value) return print(value)
  const plan = await planOf(loaded)
  const stage = plan.stages.find(({ id }) => id === what)
  if (stage) print(await stageLines({ loaded, plan }, stage, flags))
  else print(unknown(plan, what), process.stderr)
}

function print(lines: readonly string[], stream: NodeJS.WriteStream = process.stdout): void {
  stream.write(`${lines.join('\n')}\n`)
}

function unknown(plan: Plan, what: string): readonly string[] {
  process.exitCode = exitCodes.badRecipe
  const ids = plan.stages.map(({ id }) => id)
  const near = suggest(what, ids)
  return [
    `error: The recipe has no stage and no value '${what}'`,
    `hint: ${near ? `write '${near}'` : `stages are ${ids.join(', ')}`}`,
  ]
}

function valueLines({ variants }: LoadedRecipe, what: string): readonly string[] | undefined {
  const lines = variants.flatMap(variant => {
    const found = provenance(variant, what.split('.'))
    return found ? [`${what} = ${canonical(found.value)}`, `  ${origin(found)}`] : []
  })
  return lines.length > 0 ? [...new Set(lines)] : undefined
}

function origin({ span, parameter }: Provenance): string {
  if (span === undefined) return 'default'
  return parameter ? `${place(span)}, inserted from ${place(parameter)}` : place(span)
}

async function stageLines({ plan, loaded }: LoadedPlan, stage: Stage, flags: Flags): Promise<readonly string[]> {
  const results = await findResults(plan, openStore(storeFolder(flags.store)))
  return [
    `${stage.id} (${stage.kind}, version ${stage.version})`,
    `  key     ${stage.key}`,
    `  state   ${stateText(stage, results)}`,
    ...section('inputs', inputLines(plan, stage, results)),
    ...section(
      'files',
      stage.externals.map(({ name, sha256 }) => [name, sha256.slice(0, 8)]),
    ),
    ...section('parameters', parameterLines(loaded, stage)),
  ]
}

function stateText(stage: Stage, results: ReadonlyMap<string, Result>): string {
  const result = results.get(stage.id)
  if (result) return `cached in ${result.folder}`
  const missing = Object.values(stage.inputs).filter(({ stage: input }) => !results.has(input))
  if (missing.length === 0) return 'to run: no result has this key'
  return `to run: no result has this key, nor those of its inputs ${[...new Set(missing.map(input => input.stage))].join(', ')}`
}

function inputLines(plan: Plan, stage: Stage, results: ReadonlyMap<string, Result>): readonly (readonly string[])[] {
  const keys = new Map(plan.stages.map(({ id, key }) => [id, key]))
  return Object.entries(stage.inputs).map(([role, { stage: from, split }]) => [
    role,
    split === undefined ? from : `${from} (${split})`,
    keys.get(from)?.slice(0, 8) ?? '',
    results.has(from) ? 'cached' : 'to run',
  ])
}

/** Every value inside a parameter, with its dotted name and where the recipe says so. */
function parameterLines({ variants }: LoadedRecipe, stage: Stage): readonly (readonly string[])[] {
  const [variant] = variants
  return leaves(stage.params, []).map(({ path, value }) => {
    const found = variant && placesOf(variant, stage, path).flatMap(place => provenance(variant, place) ?? [])[0]
    return [path.join('.'), canonical(value), found ? origin(found) : '']
  })
}

/** Where the recipe may say a parameter: in the stage's entry, in what is around it, in its architecture. */
function placesOf(
  { recipe }: Variant,
  { path: entry }: Stage,
  path: readonly string[],
): readonly (readonly string[])[] {
  const around = [...entry, ''].map((_, depth) => [...entry.slice(0, entry.length - depth), ...path])
  const [section, name = ''] = entry
  const [first, ...inside] = path
  const model = section === 'train' && first === 'model' ? recipe.train[name]?.model : undefined
  const architecture =
    model === undefined
      ? []
      : [
          ['models', model, ...inside],
          ['models', model, 'tokenizer', ...inside],
        ]
  return [...around, ...architecture, [...entry, 'tokenizer', ...path]]
}

interface Leaf {
  readonly path: readonly string[]
  readonly value: Json
}

function leaves(value: Json, path: readonly string[]): readonly Leaf[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [{ path, value }]
  return Object.entries(value).flatMap(([name, field]) => leaves(field, [...path, name]))
}

function section(title: string, rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map(row => row[column]?.length ?? 0)))
  const lines = rows.map(
    row =>
      `    ${row
        .map((text, column) => text.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd()}`,
  )
  return rows.length === 0 ? [] : [`  ${title}`, ...lines]
}
