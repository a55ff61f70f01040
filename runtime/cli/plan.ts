/** `terroir plan`: shows what a recipe compiles to and what of it is done. */
import { Command, Option } from 'commander'
import { inputText, type Plan, type Stage } from '../../dsl/compile/plan.ts'
import { drawGraph, type GraphFormat, graphFormats } from '../../dsl/print/graph.ts'
import { textTable } from '../report/table.ts'
import { findResults } from '../schedule/select.ts'
import { openStore, storeFolder } from '../store/store.ts'
import { painter } from './live/format.ts'
import { setOption, storeOption } from './options.ts'
import { hasColour, loadPlan } from './recipe.ts'

interface Flags {
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

async function showPlan(file: string, flags: Flags): Promise<void> {
  const loaded = await loadPlan(file, flags)
  if (loaded === undefined) return
  const { plan } = loaded
  const results = await findResults(plan, openStore(storeFolder(flags.store)))
  const isDone = ({ id }: Stage): boolean => results.has(id)
  if (flags.json)
    print(JSON.stringify({ ...plan, stages: plan.stages.map(stage => ({ ...stage, cached: isDone(stage) })) }, null, 2))
  else if (flags.graph) print(drawGraph(plan, flags.graph, isDone))
  else print(table(plan, isDone))
}

const print = (text: string): void => void process.stdout.write(`${text}\n`)

/** Inputs and files; many files are only counted. */
function inputsText({ inputs, externals }: Stage): string {
  const files = externals.length > 2 ? [`${externals.length} files`] : externals.map(({ name }) => name)
  return [...new Set(Object.values(inputs).map(inputText)), ...files].join(', ')
}

function table(plan: Plan, isDone: (stage: Stage) => boolean): string {
  const paint = painter(hasColour(process.stdout))
  const rows = plan.stages.map(stage => [
    stage.id,
    stage.kind,
    paint('quiet', stage.key.slice(0, 8)),
    isDone(stage) ? paint('good', 'cached') : paint('active', 'to run'),
    inputsText(stage),
  ])
  const columns = ['Stage', 'Kind', 'Key', 'State', 'Inputs'].map(title => ({ title }))
  const done = plan.stages.filter(isDone).length
  const summary = `${plan.stages.length} stages: ${done} cached, ${plan.stages.length - done} to run`
  return `${textTable(columns, rows, { width: process.stdout.columns ?? Number.POSITIVE_INFINITY })}\n\n${summary}`
}
