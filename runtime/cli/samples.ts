/** `terroir samples`: lists the samples of a stage, with what a filter or an evaluation says of each. */
import { Command, InvalidArgumentError, Option } from 'commander'
import type { SampleRow } from '../app/sample_record.ts'
import { samples } from '../app/samples.ts'
import { writeThumbnails } from '../app/thumbnails.ts'
import { collect, setOption, storeOption } from './options.ts'
import { printContent, printLine, tellDiagnostics, tellLine } from './print.ts'
import { csvLines, jsonLines, pageLine, sampleTable } from './samples_text.ts'
import { printingTo } from './terminal.ts'

interface SampleFlags {
  readonly dropped?: true
  readonly kept?: true
  readonly reason?: string
  readonly split?: string
  readonly where?: readonly string[]
  readonly columns?: readonly string[]
  readonly sort?: string
  readonly descending?: true
  readonly limit?: number
  readonly page?: number
  readonly format: 'table' | 'csv' | 'jsonl'
  readonly thumbnails?: string
  readonly set?: readonly string[]
  readonly store?: string
}

const examples = `
Conditions are a column, an operator and a value: = != < <= > >= for numbers,
= != ~ !~ for text (~ asks whether it holds the value, in any case), = != for
true and false. 'none' is an empty cell.

Examples:
  terroir samples recipe.yaml plausible --dropped
  terroir samples recipe.yaml overhead --where 'probability>0.4' --where 'probability<0.6' --sort probability
  terroir samples recipe.yaml clean --dropped --columns key,against,twin --format csv > dropped.csv
  terroir samples recipe.yaml places.test --limit 50 --thumbnails test-images

A table shows 20 samples, --page 2 the next; csv and jsonl hold all of them.

Exit codes: 0 ok, 1 the stage is not done, 2 bad recipe or usage.`

/** The command. */
export function command(): Command {
  return new Command('samples')
    .description(
      'Lists the samples of a stage that has run: those of a dataset, the verdict of a filter on each of its input, the predictions of an evaluation.',
    )
    .argument('<recipe>', 'recipe file')
    .argument('<stage>', "a source, a filter or an evaluation, as 'terroir plan' names it, or a split: places.test")
    .addOption(new Option('--dropped', 'only what a filter drops').conflicts('kept'))
    .option('--kept', 'only what a filter keeps')
    .option('--reason <reason>', 'only what is dropped for this reason')
    .option('--split <split>', 'only samples of a split')
    .option('--where <condition>', "only samples for which it holds: 'probability<0.5'; may be repeated", collect)
    .option('--columns <names>', 'columns to list, with commas between them', text => text.split(','))
    .option('--sort <column>', 'smallest first, empty cells last')
    .option('--descending', 'with --sort: largest first')
    .option('--limit <number>', 'samples of a page (default: 20 in a table, else all)', wholeNumber)
    .option('--page <number>', 'page to list, from 1', wholeNumber)
    .addOption(new Option('--format <name>', 'how to print').choices(['table', 'csv', 'jsonl']).default('table'))
    .option('--thumbnails <folder>', 'also write KEY.jpg of each listed sample, at most 256 pixels wide and high')
    .addOption(setOption())
    .addOption(storeOption())
    .addHelpText('after', examples)
    .action(list)
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('Write a whole number from 1.')
  return Number(text)
}

async function list(recipe: string, stage: string, flags: SampleFlags): Promise<void> {
  const { format, dropped, kept, thumbnails, page } = flags
  const limit = flags.limit ?? (format === 'table' || page !== undefined ? 20 : undefined)
  const found = await samples(recipe, stage, {
    ...flags,
    kept: dropped ? false : kept,
    limit,
    onWarnings: tellDiagnostics,
  })
  if (format === 'table') {
    const rows: SampleRow[] = []
    for await (const row of found.rows()) rows.push(row)
    const printing = { ...printingTo(process.stdout, { width: 80 }), isComplete: flags.columns !== undefined }
    if (rows.length > 0) printLine(sampleTable(found.columns, rows, printing))
    printLine(pageLine(found))
  } else {
    const lines = format === 'csv' ? csvLines(found) : jsonLines(found)
    for await (const line of lines)
      if (!printContent(line)) await new Promise(resolve => process.stdout.once('drain', resolve))
  }
  if (thumbnails === undefined) return
  const count = await writeThumbnails(found, thumbnails)
  tellLine(`Wrote ${count.toLocaleString('en')} thumbnails into ${thumbnails}`)
}
