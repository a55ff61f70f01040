/** Stage `join`: the parts of a source as one dataset. */

import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DataFault } from '../../../dsl/diagnostics/faults.ts'
import { isRecord, parseJson } from '../../../dsl/values/json.ts'
import { joinDatasets, readSamples } from '../../data/dataset.ts'
import type { SampleFiles } from '../../data/sample.ts'
import { manifestName, parseManifest } from '../../store/manifest.ts'
import { failedItems, type StageContext, type StageResult } from '../context.ts'
import { firstImages, leftOutItems, shownSamples, sourceSummary, tooMany } from './source_result.ts'

/**
 * Joins the parts in order: one index over hard links of their shards, their faults one after another.
 *
 * Metrics: sums of those of the parts. Throws where the parts together have more faults than `max_corrupt` allows.
 */
export async function run({ params, inputs, out, report }: StageContext<'join'>): Promise<StageResult> {
  const folders = inputs.part.map(({ folder }) => folder)
  const metrics: Record<string, number> = {}
  const faults: string[] = []
  const leftOut: string[] = []
  for (const folder of folders) {
    const manifest = parseManifest(readFileSync(join(folder, manifestName), 'utf8'))
    if (manifest === undefined)
      throw new DataFault(`The result in ${folder} has no manifest`, { hint: 'run terroir clean --verify' })
    for (const [name, value] of Object.entries(manifest.metrics)) metrics[name] = (metrics[name] ?? 0) + value
    for (const warning of manifest.warnings) report.warn(warning)
    const failed = join(folder, failedItems)
    if (existsSync(failed)) faults.push(...readFileSync(failed, 'utf8').split('\n').filter(Boolean))
    const excluded = join(folder, leftOutItems)
    if (existsSync(excluded)) leftOut.push(...readFileSync(excluded, 'utf8').split('\n').filter(Boolean))
  }
  const most = params.max_corrupt
  if (faults.length > most) throw tooMany(faults.length, most, faults.map(reasonOf))
  for (const line of faults) appendFileSync(join(out, failedItems), `${line}\n`)
  for (const line of leftOut) appendFileSync(join(out, leftOutItems), `${line}\n`)
  await joinDatasets(inputs.part, out)
  writeFileSync(join(out, 'stored.json'), `${JSON.stringify(storedOf(folders))}\n`)
  const shown: SampleFiles[] = []
  for await (const sample of readSamples(out)) {
    shown.push(sample)
    if (shown.length === shownSamples) break
  }
  return {
    metrics,
    summary: sourceSummary(metrics, sum(leftOut.map(countOf))),
    exhibits: [await firstImages(out, shown)],
  }
}

function reasonOf(line: string): string {
  const value = parseJson(line)
  return isRecord(value) ? String(value.reason) : line
}

function countOf(line: string): number {
  const value = parseJson(line)
  return isRecord(value) ? Number(value.count) : 0
}

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0)

/** The `stored.json` of the joined parts: settings, which are equal in all parts, and sums of the counts. */
function storedOf(folders: readonly string[]): { readonly [name: string]: unknown } {
  const parts = folders.map((folder): Readonly<Record<string, unknown>> => {
    const value: unknown = parseJson(readFileSync(join(folder, 'stored.json'), 'utf8'))
    return isRecord(value) ? value : {}
  })
  const sum = (name: string) => parts.reduce((total, part) => total + Number(part[name]), 0)
  return { ...parts[0], copied: sum('copied'), encoded: sum('encoded') }
}
