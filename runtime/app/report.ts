/** The HTML report of a recipe. */
import { readFile, rm, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { UserFault } from '../../dsl/diagnostics/faults.ts'
import { findResults } from '../schedule/select.ts'
import { openStore, storeFolder } from '../store/store.ts'
import { reportFolder, updateReport } from './outputs.ts'
import type { StoreFolderOption } from './plan.ts'
import { loadPlan, type RecipeOptions } from './recipe.ts'

/** Options of {@link report}. */
export interface ReportOptions extends RecipeOptions, StoreFolderOption {
  /** File to write the page to. @default a folder of the store */
  readonly out?: string | undefined
}

/**
 * Writes the HTML report of a recipe from the results in the store. The page needs nothing but itself; stages that have
 * not run are shown as such.
 *
 * @returns the absolute path of the page
 */
export async function report(file: string, { out, ...options }: ReportOptions = {}): Promise<string> {
  const { plan } = await loadPlan(file, options)
  const store = openStore(storeFolder(options.store))
  const results = await findResults(plan, store)
  if (out === undefined) {
    // Asked for by name, the page is made anew even where it seems to show these results already.
    await rm(reportFolder(store, plan.name), { recursive: true, force: true })
    return updateReport(plan, { store, results })
  }
  const { isReport, renderReport } = await import('../report/mod.ts')
  const path = resolve(out)
  const page = await renderReport({ plan, results })
  const present = await readFile(path, 'utf8').catch(() => undefined)
  if (present !== undefined && !isReport(present))
    throw new UserFault(`"${path}" exists and is no report of terroir`, { hint: 'name another file with --out' })
  await writeFile(path, page)
  return path
}
