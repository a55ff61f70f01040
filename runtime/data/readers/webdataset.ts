/** WebDataset shards: the files of a tar that share a key are one sample. */
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { DataFault } from '../../../dsl/diagnostics/faults.ts'
import { isRecord, isText } from '../../../dsl/values/json.ts'
import { type ClassCaptions, captionOfClass, className } from './class_names.ts'
import { imageExtensions, sidecarExtensions, splitKey, splitStem } from './file_names.ts'
import { parsePythonJson } from './python_json.ts'
import {
  assignSplit,
  corruptItem,
  leftOutItem,
  litterItem,
  type SourceItem,
  type SourceReader,
  type SplitShares,
} from './record.ts'
import { groupEntries, type SampleEntries } from './sample_files.ts'
import { mostBytes, readTar, type TarEntry } from './tar_entries.ts'
import { decodeText } from './text.ts'

/** Options of {@link openWebDataset}: shards in order, and the use of their samples. */
export interface WebDatasetOptions {
  readonly shards: readonly string[]
  readonly split: SplitShares
  readonly classNames: ClassCaptions
  readonly seed: number
}

/** A reader of shards; one sample's small files are in memory at a time, and images stay in their shards. */
export function openWebDataset(options: WebDatasetOptions): SourceReader {
  let total: number | undefined
  return {
    unit: 'MB',
    total: () => total,
    async *find() {
      const sizes = await Promise.all(options.shards.map(shard => stat(shard).then(({ size }) => size)))
      total = toMega(sizes.reduce((sum, size) => sum + size, 0))
      let before = 0
      for (const [index, shard] of options.shards.entries()) {
        yield* readShard(shard, { ...options, index, before })
        before += sizes[index] ?? 0
      }
    },
  }
}

const toMega = (bytes: number): number => Math.round(bytes / 1e6)

interface ShardOptions extends WebDatasetOptions {
  /** Place in the list. */
  readonly index: number
  /** Bytes of the shards before. */
  readonly before: number
}

/** Samples are files side by side, as the format asks: a key that comes again after another is given twice. */
async function* readShard(shard: string, options: ShardOptions): AsyncGenerator<SourceItem> {
  const name = basename(shard)
  const taken = new Set<string>()
  let run: { readonly key: string; readonly entries: TarEntry[] } | undefined
  let count = 0
  function* finish(): Generator<SourceItem> {
    if (run === undefined) return
    const { samples, others } = groupEntries(run.key, run.entries)
    for (const { file, reason } of others) yield leftOutItem(`${file} in ${name}`, reason)
    for (const sample of samples) {
      const { key } = sample
      if (taken.has(key.normalize()))
        yield corruptItem(name, `Key '${key}' is given twice in ${name}; give each sample its own`, { key })
      else yield* readSample(sample, { shard, ...options })
      taken.add(key.normalize())
    }
  }
  const isSidecar = (file: string): boolean => sidecarExtensions.includes(splitStem(file).extension)
  for await (const entry of readTar(shard, isSidecar)) {
    if (entry.kind === 'damage') {
      const { key } = splitKey(entry.entry)
      yield corruptItem(name, entry.reason, { key: key === '' ? undefined : key })
      continue
    }
    count += 1
    if (entry.kind === 'litter') {
      yield litterItem(`${entry.name} in ${name}`)
      continue
    }
    const { key } = splitKey(entry.name)
    if (run?.key.normalize() !== key.normalize()) {
      yield* finish()
      run = { key, entries: [] }
    }
    run?.entries.push(entry)
  }
  yield* finish()
  if (count === 0) yield leftOutItem(name, 'shards without files')
}

interface SidecarContent {
  readonly captions: readonly unknown[]
  readonly label: string
  readonly overhead?: boolean
  readonly faults: readonly string[]
}

function readSample(
  { key, files, twice, candidates }: SampleEntries,
  { shard, index, before, split, classNames, seed }: ShardOptions & { readonly shard: string },
): readonly SourceItem[] {
  const name = basename(shard)
  const wrong = (reason: string, column?: string) =>
    corruptItem(name, `Sample '${key}' of ${name} ${reason}`, { key, ...(column !== undefined && { column }) })
  const repeated = twice.map(entry =>
    corruptItem(name, `File '${entry.name}' is given twice in ${name}; remove one of them`, { key }),
  )
  const picture = imageExtensions.map(extension => files.get(extension)).find(file => file !== undefined)
  if (picture === undefined && candidates.length > 0) {
    const names = candidates.map(entry => `'${entry.name}'`).join(', ')
    return [...repeated, wrong(`has ${candidates.length} images (${names}); name one of them after the key alone`)]
  }
  if (picture === undefined) return [...repeated, wrong(`has no image (.${imageExtensions.join(', .')})`)]
  const { captions: given, label, overhead, faults } = readSidecars(files)
  const told = faults.map(reason => wrong(reason))
  const captions = given.flatMap(caption => (isText(caption) && caption.trim() !== '' ? [caption.trim()] : []))
  const empty = given.slice(captions.length).map(() => wrong('has an empty caption; fill it in or remove it'))
  if (captions.length === 0 && label === '') {
    const problems = [...told, ...empty]
    return [
      ...repeated,
      ...(problems.length > 0
        ? problems
        : [wrong('has neither a caption nor a class; add KEY.txt, KEY.json or KEY.cls')]),
    ]
  }
  const { offset, size } = picture
  return [
    {
      kind: 'record',
      file: picture.name,
      group: `${index}/${key}`,
      split: assignSplit(key, { ...split, seed }),
      captions: captions.length > 0 ? captions : [captionOfClass(label, classNames)],
      label: className(label),
      ...(overhead !== undefined && { overhead }),
      facts: { shard: index },
      location: { kind: 'extent', path: shard, offset, size },
      position: toMega(before + offset + size),
    },
    ...repeated,
    ...told,
    ...empty,
  ]
}

/** Reads the small files of a sample: captions of the JSON first, the text after them unless it is one of them. */
function readSidecars(files: ReadonlyMap<string, TarEntry>): SidecarContent {
  const faults: string[] = []
  const textOf = (extension: string): string | undefined => {
    const entry = files.get(extension)
    if (entry === undefined) return undefined
    if (entry.bytes === undefined)
      faults.push(`has a .${extension} of ${entry.size} bytes, and at most ${mostBytes} are read; make it smaller`)
    try {
      return entry.bytes === undefined ? undefined : decodeText(entry.bytes, `its .${extension}`).trim()
    } catch (fault) {
      if (!(fault instanceof DataFault)) throw fault
      faults.push(`cannot be read: ${fault.message}`)
      return undefined
    }
  }
  const [json, text, cls] = [textOf('json'), textOf('txt'), textOf('cls')]
  const { value, reason } = json === undefined ? { value: {} } : parse(json)
  if (reason !== undefined) faults.push(`has JSON that cannot be read: ${reason}`)
  const record = isRecord(value) ? value : {}
  const { captions = record.caption ?? record.text } = record
  const fromJson: readonly unknown[] =
    captions === undefined || captions === null ? [] : Array.isArray(captions) ? captions : [captions]
  const written = record.label ?? record.class
  const label = written ?? cls ?? ''
  if (isClassId(written) && isClassId(cls) && Number(written) !== Number(cls))
    faults.push(`has the class ${String(written)} in its .json and ${cls} in its .cls; keep one`)
  const { overhead = null } = record
  if (overhead !== null && typeof overhead !== 'boolean')
    faults.push(`says "overhead": ${JSON.stringify(overhead)}; it is true, false or left out`)
  return {
    captions:
      text === undefined || fromJson.some(caption => isText(caption) && caption.trim() === text)
        ? fromJson
        : [...fromJson, text],
    label: isText(label) || typeof label === 'number' ? String(label).trim() : '',
    ...(typeof overhead === 'boolean' && { overhead }),
    faults,
  }
}

const isClassId = (value: unknown): boolean =>
  typeof value === 'number' || (isText(value) && /^[0-9]+$/.test(value.trim()))

function parse(text: string): { readonly value?: unknown; readonly reason?: string } {
  try {
    return { value: parsePythonJson(text) }
  } catch (cause) {
    return { reason: cause instanceof Error ? cause.message : String(cause) }
  }
}
