/** Shared by stages that read images of a person: records in, a dataset out, and the items that could not be used. */
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isRecord, parseJson } from '../../../dsl/values/json.ts'
import { createDataset } from '../../data/dataset.ts'
import { createLeftOutCounter, leftOutSentence, totalLeftOut } from '../../data/readers/left_out.ts'
import { makeSamples } from '../../data/readers/make_samples.ts'
import { type CorruptItem, litterReason, type SourceReader } from '../../data/readers/record.ts'
import { type Slice, sliceReader } from '../../data/readers/slice.ts'
import type { SampleFiles } from '../../data/sample.ts'
import { storedQuality } from '../../data/stored_image.ts'
import { openStoredImages } from '../../data/stored_images.ts'
import type { ValueRange } from '../../data/tiff/bands.ts'
import { failedItems, type Reporter, type StageContext, type StageResult, type StageSurroundings } from '../context.ts'
import { type RoleFiles, withFileNames } from './role_files.ts'
import {
  firstImages,
  leftOutItems,
  noSamples,
  shownSamples,
  sourceSummary,
  toldInFailure,
  tooMany,
} from './source_result.ts'

/** The context of a stage that reads files of a person. */
type SourceContext = StageSurroundings & {
  readonly files: RoleFiles
  readonly params: Pick<
    StageContext<'webdataset'>['params'],
    'tile_size' | 'resize' | 'bands' | 'scale' | 'class_names' | 'overhead' | 'max_corrupt' | 'part'
  >
}

/** Faults that are told one by one in warnings; `failed.jsonl` holds all. */
const toldInWarnings = 20

/**
 * Writes what a reader finds as a dataset, with `failed.jsonl` (a line for each fault, where there are any) and
 * `stored.json` (how images are stored). With a parameter `part` it is a slice of what the reader finds, which may be
 * empty; with an earlier result of the stage, images that it holds are taken from there and the others tried again.
 *
 * Metrics: `samples`, `captions`, `corrupt` (images and records that were skipped), `copied` (images stored byte for
 * byte), and `train`, `val` and `test` (images). Throws where more is corrupt than `max_corrupt` allows, naming the
 * first.
 */
export async function storeSource(
  context: SourceContext,
  whole: SourceReader,
): Promise<StageResult & { readonly absent: number }> {
  const { params, files, out, report, signal, previous } = context
  const slice: Slice | undefined = params.part
  const { reader, first } = slice === undefined ? { reader: whole, first: 0 } : await sliceReader(whole, slice)
  const stored = previous === undefined ? undefined : await openStoredImages(previous)
  const { tile_size: size, resize: filter, bands, overhead } = params
  const scale = params.scale && rangesOf(params.scale)
  const faults = createFaultLog({ out, report, most: params.max_corrupt, files })
  const counts = { samples: 0, captions: 0, copied: copiedBefore(previous), train: 0, val: 0, test: 0 }
  const absent = new Map<string, number>()
  const leftOut = createLeftOutCounter()
  const classNames = params.class_names
  const unnamed = new Set<string>()
  const shown: SampleFiles[] = []
  const dataset = await createDataset(out, { mayBeEmpty: slice !== undefined })
  for await (const made of makeSamples(reader.find(), {
    size,
    filter,
    bands,
    scale,
    first,
    ...(stored && { stored }),
  })) {
    signal.throwIfAborted()
    switch (made.kind) {
      case 'corrupt':
        faults.add(made)
        break
      case 'left out':
        leftOut.add(made)
        break
      case 'omitted':
        absent.set(made.reason, (absent.get(made.reason) ?? 0) + 1)
        break
      case 'made': {
        const { sample, isCopy, position } = made
        await dataset.add(overhead === undefined ? sample : { overhead, ...sample })
        if (isUnnamedClass(sample.label, classNames)) unnamed.add(sample.label)
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
  const excluded = leftOut.counts()
  if (excluded.length > 0) report.warn(withFileNames(leftOutSentence(excluded), files))
  if (unnamed.size > 0) report.warn(unnamedClasses(unnamed))
  // Litter of a folder is in no digest, so no file of the result may depend on it; the warning tells it.
  for (const line of excluded.filter(({ reason }) => reason !== litterReason))
    appendFileSync(join(out, leftOutItems), `${JSON.stringify(line)}\n`)
  if (counts.samples === 0 && slice === undefined)
    throw noSamples(context.id, { corrupt, missing, leftOut: totalLeftOut(excluded) })
  await dataset.close()
  await stored?.close()
  const how = {
    tile_size: size ?? null,
    resize: filter,
    bands,
    scale,
    jpeg_quality: storedQuality,
    copied: counts.copied,
  }
  writeFileSync(join(out, 'stored.json'), `${JSON.stringify({ ...how, encoded: counts.samples - counts.copied })}\n`)
  const metrics = { ...counts, corrupt }
  // Parts are shown where they are joined.
  const exhibits = slice === undefined ? [await firstImages(out, shown)] : []
  return { metrics, summary: sourceSummary(metrics, totalLeftOut(excluded)), exhibits, absent: missing }
}

/** One range for all bands, or one for each of red, green and blue. */
function rangesOf(scale: NonNullable<SourceContext['params']['scale']>): readonly ValueRange[] {
  const [black, white] = scale
  if (typeof black === 'number' && typeof white === 'number') return [[black, white]]
  return scale.flatMap(range => {
    const [least, most] = typeof range === 'number' ? [] : range
    return least === undefined || most === undefined ? [] : [[least, most] as const]
  })
}

/** True if a class is a number that the recipe gives no name. */
const isUnnamedClass = (label: string, classNames: { readonly [name: string]: string }): boolean =>
  /^[0-9]+$/.test(label) && !Object.hasOwn(classNames, label)

/** A warning on classes that are numbers. */
function unnamedClasses(labels: ReadonlySet<string>): string {
  const [first = ''] = [...labels].sort((a, b) => Number(a) - Number(b))
  const count = labels.size === 1 ? '1 class is a number' : `${labels.size.toLocaleString('en')} classes are numbers`
  return `${count}, such as '${first}', and captions made of classes say so; name them under class_names`
}

/** Images that an earlier result stored byte for byte; they are taken from there and look no different from others. */
function copiedBefore(previous: string | undefined): number {
  if (previous === undefined) return 0
  const stored = parseJson(readFileSync(join(previous, 'stored.json'), 'utf8'))
  return isRecord(stored) ? Number(stored.copied) : 0
}

/** Counts, names and writes down faults. `add` throws at the first one too many. */
function createFaultLog({
  out,
  report,
  most,
  files,
}: {
  readonly out: string
  readonly report: Reporter
  readonly most: number
  readonly files: RoleFiles
}) {
  const first: CorruptItem[] = []
  let count = 0
  return {
    add(fault: CorruptItem): void {
      const { kind, ...line } = fault
      count += 1
      if (first.length < toldInFailure) first.push(fault)
      if (count > most)
        throw tooMany(
          count,
          most,
          first.map(({ reason }) => withFileNames(reason, files)),
        )
      appendFileSync(join(out, failedItems), `${JSON.stringify(line)}\n`)
      if (count <= toldInWarnings) report.warn(`Skipped: ${withFileNames(fault.reason, files)}`)
    },
    close(): number {
      const untold = count - toldInWarnings
      if (untold > 0)
        report.warn(`Skipped ${untold.toLocaleString('en')} more; failed.jsonl of the result names them all`)
      return count
    },
  }
}

/** Tells once what the source never had. */
function warnOfAbsent(absent: ReadonlyMap<string, number>, report: Reporter): number {
  const total = [...absent.values()].reduce((sum, count) => sum + count, 0)
  const reasons = [...absent].map(([status, count]) => `${status} ${count.toLocaleString('en')}`).join(', ')
  if (total > 0) report.warn(`${total.toLocaleString('en')} rows have no image, as the tables say: ${reasons}`)
  return total
}
