/** Experiments in the rows and columns that a person asks for, and plots of them. */
import { writeFile } from 'node:fs/promises'
import { axisPlot } from '../report/axis_plot.ts'
import {
  defaultColumns,
  type ExperimentColumn,
  experimentColumns,
  type TabledExperiment,
} from '../report/experiment_table.ts'
import { codeOf } from '../store/files.ts'
import { type ExperimentOptions, experiments } from './experiments.ts'
import { RequestFault } from './faults.ts'
import { columnNamed, readCondition } from './sample_conditions.ts'

/** Rows and columns to list. */
export interface ExperimentChoice extends ExperimentOptions {
  /** Names of columns. @default those that tell the rows apart, claimed metrics and verdicts */
  readonly columns?: readonly string[] | undefined
  /** All columns, where none are named. @default false */
  readonly isComplete?: boolean | undefined
  /** Conditions that hold for every row: `ucm.mean_recall>15`. @default none */
  readonly where?: readonly string[] | undefined
  /** Name of the column to sort by; rows without a value come last. @default the order in which they are found */
  readonly sort?: string | undefined
  readonly descending?: boolean | undefined
}

/** Chosen rows and columns, and all columns that there are. */
export interface ExperimentList {
  readonly rows: readonly TabledExperiment[]
  readonly columns: readonly ExperimentColumn[]
  readonly known: readonly ExperimentColumn[]
}

/** Lists experiments; see {@link experiments}. Throws a {@link RequestFault} where a column or condition is unknown. */
export async function listExperiments(
  places: readonly string[],
  { columns, isComplete = false, where = [], sort, descending = false, ...options }: ExperimentChoice,
): Promise<ExperimentList> {
  const found = await experiments(places, options)
  const known = experimentColumns(found)
  if (found.length === 0) return { rows: [], columns: [], known }
  const conditions = where.map(text => readCondition(text, typed(known)))
  const rows = found.filter(row =>
    conditions.every(({ column, holds }) => holds(named(column, known).value(row) ?? null)),
  )
  const sorted = sort === undefined ? rows : sortedBy(rows, { column: named(sort, known), descending })
  const unchosen = isComplete ? known : defaultColumns(sorted)
  return { rows: sorted, columns: columns?.map(name => named(name, known)) ?? unchosen, known }
}

/** Columns as conditions know them. */
const typed = (columns: readonly ExperimentColumn[]) =>
  columns.map(({ name, isNumber }) => ({ name, type: isNumber ? ('number' as const) : ('text' as const) }))

function named(name: string, columns: readonly ExperimentColumn[]): ExperimentColumn {
  const { name: known } = columnNamed(name, typed(columns))
  const found = columns.find(column => column.name === known)
  if (found === undefined) throw new RequestFault(`There is no column '${name}'`)
  return found
}

function sortedBy<Row extends TabledExperiment>(
  rows: readonly Row[],
  { column, descending }: { readonly column: ExperimentColumn; readonly descending: boolean },
): readonly Row[] {
  const direction = descending ? -1 : 1
  return rows.toSorted((a, b) => {
    const [left, right] = [column.value(a), column.value(b)]
    if (left === undefined || right === undefined) return Number(left === undefined) - Number(right === undefined)
    return left === right ? 0 : (left < right ? -1 : 1) * direction
  })
}

/** A metric to draw, the axis or parameter to draw it over, and the file, `.svg` or `.png`. */
export interface ExperimentPlot {
  readonly metric: string
  readonly by: string
  readonly file: string
}

/**
 * Draws a metric of experiments into a new file. Nothing is overwritten.
 *
 * @returns the number of points
 */
export async function plotExperiments(
  { rows, known }: ExperimentList,
  { metric, by, file }: ExperimentPlot,
): Promise<number> {
  const [x, y] = [named(by, known), named(metric, known)]
  const points = rows.flatMap(row => {
    const [at, height] = [x.value(row), y.value(row)]
    if (at === undefined || typeof height !== 'number') return []
    const number = Number(at)
    const deviation = row.metrics.get(metric)?.deviation
    const series = row.commit === undefined ? row.recipe : `${row.recipe} ${row.commit}`
    const place = at === '' || Number.isNaN(number) ? at : number
    return [{ x: place, y: height, series, ...(deviation !== undefined && { deviation }) }]
  })
  if (points.length === 0) throw new RequestFault(`No experiment here has both '${metric}' and '${by}'`)
  const svg = axisPlot(points, { x: by, y: metric })
  await writeFile(file, file.endsWith('.png') ? await png(svg) : svg, { flag: 'wx' }).catch(error => {
    if (codeOf(error) !== 'EEXIST') throw error
    throw new RequestFault(`'${file}' is there already`, { hint: 'name another file, or remove it' })
  })
  return points.length
}

async function png(svg: string): Promise<Buffer> {
  const { default: sharp } = await import('sharp')
  return sharp(Buffer.from(svg), { density: 144 }).png().toBuffer()
}
