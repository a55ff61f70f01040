/** What stages share that read images of a person's own: records in, a dataset out, and what could not be used. */
import { appendFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expandPaths } from '../../dsl/check/braces.ts'
import type { ResizeFilter } from '../../dsl/recipe.ts'
import { createDataset } from '../data/dataset.ts'
import { makeSamples } from '../data/readers/make_samples.ts'
import type { Fault, SourceReader } from '../data/readers/record.ts'
import type { SampleFiles } from '../data/sample.ts'
import { storedQuality } from '../data/stored_image.ts'
import { createFigures } from './figures.ts'
import { type Params, readOptionalNumber, readText, readTexts } from './params.ts'
import type { Reporter, StageContext, StageResult } from './stage.ts'

const shownSamples = 12
/** Faults that are told one by one, in warnings and when the stage fails; `failed.jsonl` holds all. */
const toldInWarnings = 20
const toldInFailure = 5

/**
 * Writes what a reader finds as a dataset, with `failed.jsonl` (a line for each fault, where there are any) and
 * `stored.json` (how images are stored).
 *
 * Metrics: `samples`, `captions`, `corrupt` (images and records that were skipped), `copied` (images stored byte for
 * byte), and `train`, `val` and `test` (images). Throws where more is corrupt than `max_corrupt` allows, naming the
 * first.
 */
export async function storeSource(
  context: StageContext,
  reader: SourceReader,
): Promise<StageResult & { readonly absent: number }> {
  const { params, out, report, signal } = context
  const [size, filter] = [readOptionalNumber(params, 'tile_size'), readFilter(params)]
  const faults = createFaultLog({ out, report, most: readOptionalNumber(params, 'max_corrupt') ?? 0 })
  const counts = { samples: 0, captions: 0, copied: 0, train: 0, val: 0, test: 0 }
  const absent = new Map<string, number>()
  const shown: SampleFiles[] = []
  const dataset = await createDataset(out)
  for await (const made of makeSamples(reader.find(), { size, filter })) {
    signal.throwIfAborted()
    switch (made.kind) {
      case 'fault':
        faults.add(made)
        break
      case 'absent':
        absent.set(made.status, (absent.get(made.status) ?? 0) + 1)
        break
      case 'made': {
        const { sample, isCopy, position } = made
        await dataset.add(sample)
        counts.samples += 1
        counts.captions += sample.captions.length
        counts.copied += isCopy ? 1 : 0
        counts[sample.split === 'test' || sample.split === 'val' ? sample.split : 'train'] += 1
        if (shown.length < shownSamples) shown.push(sample)
        report.progress({ done: position, total: reader.total() ?? position, unit: reader.unit })
      }
    }
  }
  const corrupt = faults.close()
  const missing = warnOfAbsent(absent, report)
  await dataset.close()
  const stored = { tile_size: size ?? null, resize: filter, jpeg_quality: storedQuality, copied: counts.copied }
  writeFileSync(join(out, 'stored.json'), `${JSON.stringify({ ...stored, encoded: counts.samples - counts.copied })}\n`)
  const figures = shown.map(sample => ({ sample, figure: { lines: [...sample.captions] } }))
  const skipped = corrupt === 0 ? '' : `, ${corrupt.toLocaleString('en')} skipped`
  return {
    metrics: { ...counts, corrupt },
    summary: `${counts.samples.toLocaleString('en')} images, ${counts.captions.toLocaleString('en')} captions${skipped}`,
    exhibits: [{ kind: 'figures', title: 'The first images', items: await createFigures(out, figures) }],
    absent: missing,
  }
}

/** Absolute path of a file or folder of the source, by the name that a parameter gives it. */
export function externalOf(externals: StageContext['externals'], name: string): string {
  const path = Object.hasOwn(externals, name) ? externals[name] : undefined
  if (path === undefined) throw new Error(`The stage was given no file '${name}'; compile the recipe again`)
  return path
}

/** Names of files that a parameter spells, braces expanded, in order. */
export function readPaths(params: Params, name: string): readonly string[] {
  const value = params[name]
  if (typeof value === 'string') return expandPaths(value)
  return expandPaths(readTexts(params, name))
}

/** Shares of a split parameter, or the word in their place. */
export function readSplit<Word extends string>(
  params: Params,
  words: readonly Word[],
): { readonly val: number; readonly test: number } | Word {
  const { split } = params
  const word = words.find(one => one === split)
  if (word !== undefined) return word
  if (typeof split === 'object' && split !== null && 'val' in split && 'test' in split) {
    const { val, test } = split
    if (typeof val === 'number' && typeof test === 'number') return { val, test }
  }
  throw new Error("Parameter 'split' of the stage is none; compile the recipe again")
}

/** Words of classes by their names. */
export function readClassNames(params: Params): { readonly [name: string]: string } {
  const names = params.class_names
  if (typeof names !== 'object' || names === null || Array.isArray(names)) return {}
  return Object.fromEntries(Object.entries(names).map(([name, words]) => [name, String(words)]))
}

const filters: readonly ResizeFilter[] = ['nearest', 'linear', 'cubic', 'mitchell', 'lanczos2', 'lanczos3']

function readFilter(params: Params): ResizeFilter {
  const name = readText(params, 'resize')
  const found = filters.find(filter => filter === name)
  if (found === undefined) throw new Error(`There is no filter '${name}' to scale images by; compile the recipe again`)
  return found
}

/** Counts, names and writes down faults. `add` throws at the first one too many. */
function createFaultLog({
  out,
  report,
  most,
}: {
  readonly out: string
  readonly report: Reporter
  readonly most: number
}) {
  const first: Fault[] = []
  let count = 0
  return {
    add(fault: Fault): void {
      const { kind, ...line } = fault
      count += 1
      if (first.length < toldInFailure) first.push(fault)
      if (count > most) throw tooMany(count, most, first)
      appendFileSync(join(out, 'failed.jsonl'), `${JSON.stringify(line)}\n`)
      if (count <= toldInWarnings) report.warn(`Skipped: ${fault.reason}`)
    },
    close(): number {
      const untold = count - toldInWarnings
      if (untold > 0)
        report.warn(`Skipped ${untold.toLocaleString('en')} more; failed.jsonl of the result names them all`)
      return count
    },
  }
}

function tooMany(count: number, most: number, first: readonly Fault[]): Error {
  const reasons = first.map(({ reason }) => reason)
  if (count === 1) return new Error(`${reasons[0]} (1 corrupt so far; max_corrupt allows ${most})`)
  const list = reasons.map(reason => `\n  ${reason}`).join('')
  const allowed = `max_corrupt allows ${most.toLocaleString('en')}`
  return new Error(
    `${count.toLocaleString('en')} images or records are corrupt, and ${allowed}; mend them or raise it. The first:${list}`,
  )
}

/** Tells once what the source never had. */
function warnOfAbsent(absent: ReadonlyMap<string, number>, report: Reporter): number {
  const total = [...absent.values()].reduce((sum, count) => sum + count, 0)
  const reasons = [...absent].map(([status, count]) => `${status} ${count.toLocaleString('en')}`).join(', ')
  if (total > 0) report.warn(`${total.toLocaleString('en')} rows have no image, as the tables say: ${reasons}`)
  return total
}
