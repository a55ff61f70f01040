/** A table of experiments: the columns that tell them apart, and their metrics. */
import type { Json } from '../../dsl/compile/plan.ts'
import type { JudgedClaim } from './claims.ts'
import { formatMetric } from './numbers.ts'

/** A metric over seeds; see `Experiment`. */
interface MeasuredMetric {
  readonly value: number
  readonly deviation?: number
  readonly count: number
}

/** The parts of an experiment that a table shows. */
export interface TabledExperiment {
  readonly recipe: string
  readonly commit?: string
  readonly set: readonly string[]
  readonly axes: ReadonlyMap<string, string>
  readonly params: ReadonlyMap<string, Json>
  readonly metrics: ReadonlyMap<string, MeasuredMetric>
  readonly claims: readonly JudgedClaim[]
}

/** A column: its name, and its cells as text and as values to sort by. */
export interface ExperimentColumn {
  readonly name: string
  readonly isNumber: boolean
  readonly text: (row: TabledExperiment) => string
  /** Undefined where the row has none. */
  readonly value: (row: TabledExperiment) => number | string | undefined
}

const textColumn = (name: string, of: (row: TabledExperiment) => string | undefined): ExperimentColumn => ({
  name,
  isNumber: false,
  text: row => of(row) ?? '',
  value: row => of(row),
})

/** Every column that some row fills, in the order of a table. */
export function experimentColumns(rows: readonly TabledExperiment[]): readonly ExperimentColumn[] {
  const identity = [
    textColumn('recipe', ({ recipe }) => recipe),
    textColumn('commit', ({ commit }) => commit),
    textColumn('set', ({ set }) => (set.length === 0 ? undefined : set.join(' '))),
  ]
  const names = (of: (row: TabledExperiment) => Iterable<string>) => [...new Set(rows.flatMap(row => [...of(row)]))]
  return [
    ...identity.filter(column => rows.some(row => column.value(row) !== undefined)),
    ...names(row => row.axes.keys()).map(axis => textColumn(axis, ({ axes }) => axes.get(axis))),
    ...names(row => row.params.keys()).map(name => paramColumn(name)),
    ...names(row => row.metrics.keys()).map(metricColumn),
    ...(rows.some(({ claims }) => claims.length > 0) ? [textColumn('claims', claimsText)] : []),
  ]
}

const paramColumn = (name: string): ExperimentColumn => ({
  name,
  isNumber: false,
  text: ({ params }) => jsonText(params.get(name)),
  value({ params }) {
    const value = params.get(name)
    return typeof value === 'number' ? value : value === undefined ? undefined : jsonText(value)
  },
})

const jsonText = (value: Json | undefined): string =>
  value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value)

const metricColumn = (name: string): ExperimentColumn => ({
  name,
  isNumber: true,
  text({ metrics }) {
    const found = metrics.get(name)
    const format = (value: number) => formatMetric(name.slice(name.lastIndexOf('.') + 1), value)
    if (found === undefined) return ''
    const spread = found.deviation === undefined ? '' : ` ± ${format(found.deviation)} (${found.count})`
    return `${format(found.value)}${spread}`
  },
  value: ({ metrics }) => metrics.get(name)?.value,
})

/** `5 held, 1 not held`. */
function claimsText({ claims }: TabledExperiment): string | undefined {
  if (claims.length === 0) return undefined
  const verdicts = [...new Set(claims.map(({ verdict }) => verdict))]
  return verdicts.map(word => `${claims.filter(({ verdict }) => verdict === word).length} ${word}`).join(', ')
}

/**
 * The columns of a table that nobody chose columns for: what the rows are named by, the parameters in which they
 * differ (of parameters that always change together, the one of the shortest name), claimed metrics, and claims. Where
 * nothing is claimed, all metrics of which the name says that they are means.
 */
export function defaultColumns(rows: readonly TabledExperiment[]): readonly ExperimentColumn[] {
  const columns = experimentColumns(rows)
  const params = new Set(rows.flatMap(({ params }) => [...params.keys()]))
  const metrics = new Set(rows.flatMap(({ metrics }) => [...metrics.keys()]))
  const claimed = new Set(rows.flatMap(({ claims }) => claims.flatMap(({ claim }) => claimedMetrics(claim))))
  const shown = claimed.size > 0 ? claimed : new Set([...metrics].filter(isHeadline))
  const differing = differingParams(
    rows,
    columns.filter(({ name }) => params.has(name)),
  )
  return columns.filter(
    column => differing.has(column) || (metrics.has(column.name) ? shown.has(column.name) : !params.has(column.name)),
  )
}

const isHeadline = (name: string): boolean => /\.(mean_recall|top1|mean_iou|f1|rouge_l)$/.test(name)

const baseOf = (stage: string): string => stage.split('@')[0] ?? stage

const claimedMetrics = ({ stage, metric, over }: JudgedClaim['claim']): readonly string[] => [
  `${baseOf(stage)}.${metric}`,
  ...(over === undefined ? [] : [`${baseOf(over.stage)}.${over.metric}`]),
]

/** Parameters that differ between rows which have them; one of those that change together. */
function differingParams(
  rows: readonly TabledExperiment[],
  params: readonly ExperimentColumn[],
): ReadonlySet<ExperimentColumn> {
  const byCells = new Map<string, ExperimentColumn>()
  for (const column of params) {
    const cells = rows.map(row => column.text(row))
    if (new Set(cells.filter(cell => cell !== '')).size < 2) continue
    const identity = JSON.stringify(cells)
    const known = byCells.get(identity)
    if (known === undefined || column.name.length < known.name.length) byCells.set(identity, column)
  }
  const axes = new Set(rows.flatMap(({ axes }) => [...axes.keys()]))
  return new Set([...byCells.values()].filter(column => !repeatsAxis(column, { rows, axes })))
}

/** True where a parameter only says again what an axis says. */
function repeatsAxis(
  column: ExperimentColumn,
  { rows, axes }: { readonly rows: readonly TabledExperiment[]; readonly axes: ReadonlySet<string> },
): boolean {
  return [...axes].some(axis => rows.every(row => column.text(row) === (row.axes.get(axis) ?? '')))
}
