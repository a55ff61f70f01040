/** `terroir report`: builds the page from what the store holds. */
import { readFile, rm, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { Command } from 'commander'
import { isReport, renderReport } from '../report/mod.ts'
import { findResults } from '../schedule/select.ts'
import { openStore, storeFolder } from '../store/store.ts'
import { setOption, storeOption } from './options.ts'
import { reportFolder, settleReport } from './outputs.ts'
import { loadPlan } from './recipe.ts'

interface Flags {
  readonly out?: string
  readonly set?: readonly string[]
  readonly store?: string
}

const examples = `
Examples:
  terroir report recipe.yaml
  terroir report recipe.yaml --out first.html

The page needs nothing but itself: it can be mailed, printed and archived.
Stages that have not run are shown as such.`

/** The command. */
export function command(): Command {
  return new Command('report')
    .description('Writes the HTML report of a recipe from the results in the store, and prints its path.')
    .argument('<recipe>', 'recipe file')
    .addOption(setOption())
    .option('--out <file>', 'write the page to this file instead of the store')
    .addOption(storeOption())
    .addHelpText('after', examples)
    .action(report)
}

async function report(recipe: string, flags: Flags): Promise<void> {
  const loaded = await loadPlan(recipe, flags)
  if (loaded === undefined) return
  const { plan } = loaded
  const store = openStore(storeFolder(flags.store))
  const results = await findResults(plan, store)
  if (flags.out !== undefined) {
    await writePage(resolve(flags.out), await renderReport({ plan, results }))
    console.log(resolve(flags.out))
    return
  }
  // Asked for by name, the page is made anew even where it seems to show these results already.
  await rm(reportFolder(store, plan.name), { recursive: true, force: true })
  console.log(await settleReport(plan, { store, results }))
}

/** Replaces an earlier report, and nothing else. */
async function writePage(path: string, page: string): Promise<void> {
  const present = await readFile(path, 'utf8').catch(() => undefined)
  if (present !== undefined && !isReport(present)) {
    throw new Error(`"${path}" exists and is no report of terroir; name another file with --out`)
  }
  await writeFile(path, page)
}
