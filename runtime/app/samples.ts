/** The samples of a stage's result: those of a dataset, the verdicts of a filter, the predictions of an evaluation. */
import { access } from 'node:fs/promises'
import { join } from 'node:path'
import type { OutlinedStage } from '../../dsl/compile/plan.ts'
import { stageDefinitions } from '../../dsl/kinds/registry.ts'
import type { Result } from '../store/store.ts'
import { RequestFault, UnfinishedFault, unknownName } from './faults.ts'
import { type PlanResult, plan, type StoreFolderOption } from './plan.ts'
import { type RecipeOptions, unknownStage } from './recipe.ts'
import { type Condition, columnNamed, readCondition } from './sample_conditions.ts'
import { openSampleRecord, type SampleColumn, type SampleRecord, type SampleRow } from './sample_record.ts'
import { type SampleSelection, selectSamples } from './select_samples.ts'

/** Options of {@link samples}: the samples to list, and their columns. */
export interface SamplesOptions extends RecipeOptions, StoreFolderOption {
  /** True: only what a filter keeps; false: only what it drops. @default both */
  readonly kept?: boolean | undefined
  /** The reason that a filter gives. */
  readonly reason?: string | undefined
  readonly split?: string | undefined
  /** Conditions that all must hold: `probability<0.5`, `reason~blank`, `twin=none`. */
  readonly where?: readonly string[] | undefined
  /** Columns to list. @default all but those that say where the files of a dataset lie */
  readonly columns?: readonly string[] | undefined
  /** Column to sort by; empty cells come last. @default the order of the dataset */
  readonly sort?: string | undefined
  readonly descending?: boolean | undefined
  /** Samples of a page. @default all */
  readonly limit?: number | undefined
  /** Page to list, from 1. @default 1 */
  readonly page?: number | undefined
}

/** A list of samples. */
export interface SampleList {
  readonly stage: string
  /** Columns that are listed. */
  readonly columns: readonly SampleColumn[]
  /** Samples of the record. */
  readonly total: number
  /** Samples for which the conditions hold. */
  readonly matching: number
  /** Samples of this page. */
  readonly listed: number
  /** Position of the page's first sample among those that match, from 0. */
  readonly first: number
  /** Reads them; each call from the start. */
  rows(): AsyncGenerator<SampleRow>
  /** Folder of the dataset that holds their images; absent where it is not stored. */
  readonly images?: string
}

/**
 * Lists samples of a stage that has run. Nothing runs, and memory is bounded by a block of rows.
 *
 * @param name a stage, as in the plan: a source, a filter or an evaluation; or a split of one
 */
export async function samples(file: string, name: string, options: SamplesOptions = {}): Promise<SampleList> {
  const planned = await plan(file, options)
  const { stage, split } = stageNamed(name, planned)
  const found = await recordOf(stage, { file, planned })
  const record = await openSampleRecord(found.path, {
    declared: found.declared,
    inputName: (column, position) => datasetName(stage.inputs[`${column}.${position}`], planned),
  })
  const conditions = conditionsOf({ ...options, split: options.split ?? split }, { stage, record })
  const columns =
    options.columns?.map(one => columnNamed(one, record.columns)) ??
    record.columns.filter(column => !storage.has(column.name))
  const numbers = await selectSamples(record, { conditions, ...sortOf(options, record) })
  if (numbers.length === 0 && options.reason !== undefined) await checkReason(options.reason, record)
  const { limit = numbers.length, page = 1 } = options
  const first = Math.min((page - 1) * limit, numbers.length)
  const listed = numbers.subarray(first, first + limit)
  if (listed.length === 0 && numbers.length > 0)
    throw new RequestFault(`There is no page ${page}`, { hint: `the last is ${Math.ceil(numbers.length / limit)}` })
  return {
    stage: stage.id,
    columns,
    total: record.rows,
    matching: numbers.length,
    listed: listed.length,
    first,
    rows: () =>
      record.read(
        listed,
        columns.map(column => column.name),
      ),
    ...(found.images !== undefined && { images: found.images }),
  }
}

/** Columns of an index that say where files lie in the shards. */
const storage: ReadonlySet<string> = new Set(['shard', 'image_offset', 'image_size', 'mask_extents'])

interface NamedStage {
  readonly stage: OutlinedStage
  readonly split?: string | undefined
}

function stageNamed(name: string, { plan }: PlanResult): NamedStage {
  const exact = plan.stages.find(({ id }) => id === name)
  if (exact !== undefined) return { stage: exact }
  const dot = name.lastIndexOf('.')
  const stage = plan.stages.find(({ id }) => id === name.slice(0, Math.max(0, dot)))
  if (stage === undefined) throw unknownStage(plan, name)
  return { stage, split: name.slice(dot + 1) }
}

interface StoredRecord {
  readonly path: string
  readonly declared: Parameters<typeof openSampleRecord>[1]['declared']
  readonly images?: string
}

/** Files of records, the most telling first. */
const recordFiles = ['verdicts.parquet', 'predictions.parquet', 'index.parquet'] as const

async function recordOf(
  stage: OutlinedStage,
  { file, planned }: { readonly file: string; readonly planned: PlanResult },
): Promise<StoredRecord> {
  const result = planned.results.get(stage.id)
  const hasSamples = ['sources', 'filters', 'evaluate'].includes(stage.path[0] ?? '')
  if (result === undefined && hasSamples)
    throw new UnfinishedFault(`'${stage.id}' is not done, so it has no samples yet`, {
      hint: `run 'terroir run ${file} --until ${stage.id}' first`,
    })
  const name = result && (await firstFile(result, recordFiles))
  if (result === undefined || name === undefined) throw noRecord(stage, planned)
  const images = name === 'index.parquet' ? result : imagesOf(stage, planned)
  return {
    path: join(result.folder, name),
    declared: stageDefinitions.get(stage.kind)?.records?.[name],
    ...(images && { images: images.folder }),
  }
}

async function firstFile({ folder }: Result, names: readonly string[]): Promise<string | undefined> {
  for (const name of names) {
    const isThere = await access(join(folder, name)).then(
      () => true,
      () => false,
    )
    if (isThere) return name
  }
  return undefined
}

/** The dataset that a stage filters or measures on. */
const imagesOf = ({ inputs }: OutlinedStage, { results }: PlanResult): Result | undefined =>
  results.get(inputs.data?.stage ?? '')

function noRecord({ id }: OutlinedStage, { plan, results }: PlanResult): RequestFault {
  const others = plan.stages.filter(stage => results.has(stage.id) && stage.path[0] !== 'train').map(stage => stage.id)
  const hint = others.length === 0 ? 'name a source, a filter or an evaluation' : `others are ${others.join(', ')}`
  return new RequestFault(`'${id}' keeps no record of samples`, { hint })
}

/** A dataset as the recipe names it. */
function datasetName(input: OutlinedStage['inputs'][string] | undefined, { plan }: PlanResult): string {
  const entry = plan.stages.find(({ id }) => id === input?.stage)?.path.at(-1) ?? 'none'
  return input?.split === undefined ? entry : `${entry}.${input.split}`
}

function conditionsOf(
  { kept, reason, split, where = [] }: SamplesOptions,
  { stage, record }: NamedStage & { readonly record: SampleRecord },
): readonly Condition[] {
  const equals = (name: string, value: string | boolean | undefined, what: string): readonly Condition[] => {
    if (value === undefined) return []
    if (record.columns.every(column => column.name !== name))
      throw new RequestFault(`'${stage.id}' does not record which samples ${what}`, {
        hint: 'leave that option out, or name another stage',
      })
    return [{ column: name, holds: cell => cell === value }]
  }
  return [
    ...equals('kept', kept, 'are kept'),
    ...equals('reason', reason, 'are dropped for a reason'),
    ...equals('split', split, 'belong to a split'),
    ...where.map(text => readCondition(text, record.columns)),
  ]
}

function sortOf(
  { sort, descending = false }: SamplesOptions,
  { columns }: SampleRecord,
): Pick<SampleSelection, 'order'> {
  if (sort === undefined) return {}
  const column = columnNamed(sort, columns)
  if (column.type === 'list')
    throw new RequestFault(`'${sort}' holds lists, which have no order`, { hint: 'sort by another column' })
  return { order: { column: column.name, descending } }
}

/** Throws where a filter never gives a reason. */
async function checkReason(reason: string, record: SampleRecord): Promise<void> {
  const known = new Set<string>()
  for await (const row of record.scan(['reason'])) if (typeof row.reason === 'string') known.add(row.reason)
  if (known.has(reason)) return
  const shown = [...known].slice(0, 12).map(one => `'${one}'`)
  const otherwise = shown.length === 0 ? 'it drops nothing' : `reasons are ${shown.join(', ')}`
  throw unknownName(`No sample is dropped for '${reason}'`, { name: reason, known, otherwise })
}
