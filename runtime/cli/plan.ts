/** `terroir plan`: shows the stages of a recipe and the results that are stored of them. */
import { Command, Option } from 'commander'
import { foldParts, withoutParts } from '../../dsl/compile/fold_parts.ts'
import { inputText, type Outline, type OutlinedStage } from '../../dsl/compile/plan.ts'
import { drawGraph, type GraphFormat, graphFormats } from '../../dsl/print/graph.ts'
import { plan } from '../app/plan.ts'
import { formatNumber } from '../report/numbers.ts'
import { textTable } from '../report/table.ts'
import { setOption, storeOption } from './options.ts'
import { printJson, printLine, tellDiagnostics } from './print.ts'
import { printingTo } from './terminal.ts'

interface PlanFlags {
  readonly set?: readonly string[]
  readonly json?: true
  readonly graph?: GraphFormat
  readonly store?: string
}

/** The command. */
export function command(): Command {
  return new Command('plan')
    .description(
      'Shows the stages of a recipe in the order they run, their keys, and which results are stored already.',
    )
    .argument('<recipe>', 'recipe file')
    .addOption(setOption())
    .option('--json', 'print the plan as JSON')
    .addOption(new Option('--graph <format>', 'print a graph').choices(graphFormats))
    .addOption(storeOption())
    .addHelpText(
      'after',
      `
Examples:
  terroir plan recipe.yaml
  terroir plan recipe.yaml --graph dot | dot -Tsvg > plan.svg
  terroir plan recipe.yaml --json`,
    )
    .action(showPlan)
}

async function showPlan(file: string, flags: PlanFlags): Promise<void> {
  const { plan: outline, results } = await plan(file, { ...flags, onWarnings: tellDiagnostics })
  const isDone = ({ id }: Pick<OutlinedStage, 'id'>): boolean => results.has(id)
  if (flags.json) printJson({ ...outline, stages: outline.stages.map(stage => jsonOf(stage, isDone)) })
  else if (flags.graph) printLine(drawGraph(withoutParts(outline), flags.graph, isDone))
  else printLine(table(outline, isDone))
}

/** A stage whose data is not here has neither a key nor a state. */
function jsonOf({ files: _, ...outlined }: OutlinedStage, isDone: (stage: Pick<OutlinedStage, 'id'>) => boolean) {
  const stage = { ...outlined, externals: outlined.externals.map(({ stamp: _, ...external }) => external) }
  return stage.key === undefined ? { ...stage, key: null, cached: null } : { ...stage, cached: isDone(stage) }
}

/** Inputs and files; many files are only counted. */
function inputsText({ inputs, externals }: OutlinedStage): string {
  const files = externals.length > 2 ? [`${externals.length} files`] : externals.map(({ name }) => name)
  return [...new Set(Object.values(inputs).map(inputText)), ...files].join(', ')
}

function table(plan: Outline, isDone: (stage: OutlinedStage) => boolean): string {
  const { paint, width } = printingTo(process.stdout, { width: Number.POSITIVE_INFINITY })
  const rows = foldParts(plan.stages).map(({ stage, parts }) => {
    const of = parts[0] ?? stage
    const partsDone = parts.filter(isDone).length
    const missing = partsDone === 0 ? 'to run' : `to run, ${partsDone} of ${parts.length} parts cached`
    return [
      stage.id,
      parts.length === 0 ? stage.kind : `${of.kind}, ${parts.length} parts`,
      paint('quiet', stage.key?.slice(0, 8) ?? ''),
      stage.key === undefined ? 'data not here' : isDone(stage) ? paint('good', 'cached') : paint('active', missing),
      inputsText(of),
    ]
  })
  const columns = ['Stage', 'Kind', 'Key', 'State', 'Inputs'].map(title => ({ title }))
  const total = plan.stages.length
  const done = plan.stages.filter(isDone).length
  const away = plan.stages.filter(({ key }) => key === undefined).length
  const counts = [
    `${done} cached`,
    `${total - done - away} to run`,
    ...(away > 0 ? [`${away} whose data is not here`] : []),
  ]
  const summary = `${total} stages: ${counts.join(', ')}`
  const costs = costTable(plan, width)
  return [textTable(columns, rows, { width }), ...(costs === undefined ? [] : [costs]), summary].join('\n\n')
}

/** The cost of stages that run a model: FLOPs of matrix products, memory of a step, disk of the result. */
function costTable({ stages }: Outline, width: number): string | undefined {
  const rows = stages.flatMap(({ id, estimates }) => {
    if (estimates === undefined) return []
    const { parameters, batch, stepFlops, steps, flops, memory, disk } = estimates
    return [
      [
        id,
        scaled(parameters),
        formatNumber(batch),
        scaled(stepFlops),
        steps === undefined ? '' : formatNumber(steps),
        flops === undefined ? '' : scaled(flops),
        ...[memory.state, memory.activations, memory.total].map(bytesText),
        disk === undefined ? '' : bytesText(disk),
      ],
    ]
  })
  if (rows.length === 0) return undefined
  const titles = ['Parameters', 'Batch', 'FLOPs a step', 'Steps', 'FLOPs', 'State', 'Activations', 'Memory', 'Disk']
  const columns = [{ title: 'Estimated' }, ...titles.map(title => ({ title, align: 'right' as const }))]
  return textTable(columns, rows, { width })
}

/** Three digits and a unit of a thousand: `1.04 M`, `20.2 G`. */
function scaled(value: number): string {
  const power = value < 1000 ? 0 : Math.min(Math.floor(Math.log10(value) / 3), prefixes.length)
  return power === 0 ? String(value) : `${(value / 1000 ** power).toPrecision(3)} ${prefixes[power - 1]}`
}

const prefixes = ['k', 'M', 'G', 'T', 'P', 'E', 'Z', 'Y']

const bytesText = (bytes: number): string =>
  bytes < 2 ** 30 ? `${Math.ceil(bytes / 2 ** 20)} MiB` : `${(bytes / 2 ** 30).toFixed(1)} GiB`
