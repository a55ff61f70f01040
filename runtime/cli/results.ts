/** `terroir results`: a table of experiments over recipes, cells, seeds, changed values and commits. */

import { Command, InvalidArgumentError, Option } from 'commander'
import { jsonText } from '../../dsl/diagnostics/terminal_text.ts'
import { type ExperimentList, listExperiments, plotExperiments } from '../app/experiment_list.ts'
import { RequestFault } from '../app/faults.ts'
import { textTable } from '../report/table.ts'
import { csvText, latexText, markdownText } from '../report/table_formats.ts'
import { collect, storeOption } from './options.ts'
import { printContent, printLine } from './print.ts'
import { printingTo } from './terminal.ts'

interface ResultsFlags {
  readonly commits?: number
  readonly columns?: readonly string[]
  readonly where?: readonly string[]
  readonly sort?: string
  readonly descending?: true
  readonly format: 'table' | 'csv' | 'json' | 'markdown' | 'latex'
  readonly plot?: string
  readonly by?: string
  readonly output?: string
  readonly store?: string
}

const examples = `
Rows are cells of a matrix; repetitions by seed are one row, with mean, standard
deviation and number of seeds. Without --columns: parameters that differ, and
the metrics that claims are about.

Examples:
  terroir results
  terroir results recipes/ --commits 3 --sort ucm.mean_recall --descending
  terroir results a.yaml b.yaml --columns recipe,pretrain.web.learning_rate,ucm.mean_recall
  terroir results recipes/ --where 'ucm.mean_recall>15' --format latex
  terroir results sweep.yaml --plot ucm.mean_recall --by lr -o sweep.svg

Exit codes: 0 ok, 2 bad usage.`

/** The command. */
export function command(): Command {
  return new Command('results')
    .description(
      'Lists experiments from the locks of recipes and from the records of runs with --set: what tells them apart, their metrics, their claims.',
    )
    .argument('[places...]', 'recipes, locks, or folders of such (default: the current folder)')
    .option('--commits <count>', 'also the latest earlier commits of each lock', wholeNumber)
    .option('--columns <names>', 'columns to list, with commas between them', text => text.split(','))
    .option('--where <condition>', "only rows for which it holds: 'ucm.mean_recall>15'; may be repeated", collect)
    .option('--sort <column>', 'smallest first, empty cells last')
    .option('--descending', 'with --sort: largest first')
    .addOption(
      new Option('--format <name>', 'form of the table')
        .choices(['table', 'csv', 'json', 'markdown', 'latex'])
        .default('table'),
    )
    .option('--plot <metric>', 'draw this metric over an axis or parameter, into a file')
    .option('--by <column>', 'with --plot: the axis or parameter')
    .option('-o, --output <file>', 'with --plot: the file to write, .svg or .png')
    .addOption(storeOption())
    .addHelpText('after', examples)
    .action(async (places: readonly string[], flags: ResultsFlags) => {
      const list = await listExperiments(places, { ...flags, isComplete: flags.format === 'json' })
      if (list.known.length === 0)
        return printLine('No experiment here: a finished run writes a lock beside its recipe')
      if (flags.plot !== undefined) return plot(list, flags)
      if (flags.format === 'csv') printContent(`${tableText(list, 'csv')}\r\n`)
      else printLine(tableText(list, flags.format))
    })
}

function wholeNumber(text: string): number {
  if (!/^\d{1,4}$/.test(text)) throw new InvalidArgumentError('Expected a whole number')
  return Number(text)
}

function tableText({ rows, columns: chosen }: ExperimentList, format: ResultsFlags['format']): string {
  if (format === 'json') {
    const entries = rows.map(row => chosen.map(column => [column.name, column.value(row) ?? null]))
    return jsonText(
      entries.map(row => Object.fromEntries(row)),
      2,
    )
  }
  const titles = chosen.map(({ name }) => name)
  const numbers = new Set(chosen.flatMap(({ isNumber }, index) => (isNumber ? [index] : [])))
  const exact = rows.map(row => chosen.map(column => String(column.value(row) ?? '')))
  const cells = rows.map(row => chosen.map(column => column.text(row)))
  switch (format) {
    case 'csv':
      return csvText({ titles, rows: exact, numbers })
    case 'markdown':
      return markdownText({ titles, rows: cells, numbers })
    case 'latex':
      return latexText({ titles, rows: cells, numbers })
    case 'table': {
      const layout = chosen.map(({ name, isNumber }) => ({ title: name, align: isNumber ? 'right' : 'left' }) as const)
      return textTable(layout, cells, { width: printingTo(process.stdout).width })
    }
  }
}

async function plot(list: ExperimentList, { plot: metric = '', by, output }: ResultsFlags): Promise<void> {
  if (by === undefined) throw new RequestFault('--plot needs --by: the axis or parameter to draw over')
  if (output === undefined || !/\.(svg|png)$/.test(output))
    throw new RequestFault('--plot needs a file to write', { hint: 'add -o plot.svg, or -o plot.png' })
  const points = await plotExperiments(list, { metric, by, file: output })
  printLine(`${output} written: ${points} ${points === 1 ? 'point' : 'points'}`)
}
