/** `terroir plan`: shows what a recipe compiles to and what of it is done. */
import { Command, Option } from 'commander'
import type { Input, Plan, Stage } from '../../dsl/compile/plan.ts'
import { drawGraph, type GraphFormat, graphFormats } from '../../dsl/print/graph.ts'
import { findResults } from '../schedule/select.ts'
import { openStore, storeFolder } from '../store/store.ts'
import { painter } from './live/format.ts'
import { hasColour, loadPlan, setOption } from './recipe.ts'
import { layTable } from './table.ts'

interface Flags {
  readonly set: readonly string[]
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
    .option('--store <dir>', 'folder of results (default: TERROIR_STORE or .terroir)')
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

/** `landmarks.train`, or the stage alone. */
const inputText = ({ stage, split }: Input): string => (split === undefined ? stage : `${stage} (${split})`)

function table(plan: Plan, isDone: (stage: Stage) => boolean): string {
  const paint = painter(hasColour(process.stdout))
  const head = ['stage', 'kind', 'key', 'state', 'inputs'].map(text => ({
    text,
    paint: (padded: string) => paint('quiet', padded),
  }))
  const rows = plan.stages.map(stage => {
    const state = isDone(stage) ? 'cached' : 'to run'
    const inputs = [
      ...new Set([...Object.values(stage.inputs).map(inputText), ...stage.externals.map(({ name }) => name)]),
    ]
    return [
      { text: stage.id },
      { text: stage.kind },
      { text: stage.key.slice(0, 8) },
      { text: state, paint: (padded: string) => paint(isDone(stage) ? 'good' : 'active', padded) },
      { text: inputs.join(', ') },
    ]
  })
  const done = plan.stages.filter(isDone).length
  const summary = `${plan.stages.length} stages: ${done} cached, ${plan.stages.length - done} to run`
  return [
    ...layTable([head, ...rows], { width: process.stdout.columns ?? Number.POSITIVE_INFINITY }),
    '',
    summary,
  ].join('\n')
}
