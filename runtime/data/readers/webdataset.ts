/** WebDataset shards: the files of a tar that share a key are one sample. */
import { stat } from 'node:fs/promises'
import { DataFault } from '../../../dsl/diagnostics/faults.ts'
import { isRecord, isText } from '../../../dsl/values/json.ts'
import { readCaptions, readLabel } from './annotations.ts'
import { type ClassCaptions, captionOfClass, className } from './class_names.ts'
import { imageExtensions, sidecarExtensions, splitKey, splitStem } from './file_names.ts'
import { parsePythonJson } from './python_json.ts'
import {
  assignSplit,
  corruptItem,
  leftOutItem,
  litterItem,
  roleName,
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
  const name = roleName('shards', options.index)
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
  for await (const entry of readTar(shard, { name, wants: isSidecar })) {
    count += 1
    if (entry.kind === 'damage') {
      const { key } = splitKey(entry.entry)
      yield corruptItem(name, entry.reason, { key: key === '' ? undefined : key })
      continue
    }
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
  /** Undefined where it cannot be told. */
  readonly label: string | undefined
  readonly overhead?: boolean
  readonly faults: readonly string[]
}

function readSample(
  { key, files, twice, candidates }: SampleEntries,
  { shard, index, before, split, classNames, seed }: ShardOptions & { readonly shard: string },
): readonly SourceItem[] {
  const name = roleName('shards', index)
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
  if (label === undefined) return [...repeated, ...faults.map(reason => wrong(reason))]
  const { captions, faults: untold } = readCaptions(given, label)
  const told = [...faults, ...untold.map(fault => `${fault}; fill it in or remove it`)].map(reason => wrong(reason))
  if (captions.length === 0 && label === '')
    return [
      ...repeated,
      ...(told.length > 0 ? told : [wrong('has neither a caption nor a class; add KEY.txt, KEY.json or KEY.cls')]),
    ]
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
      location: { kind: 'extent', path: shard, name, offset, size },
      position: toMega(before + offset + size),
    },
    ...repeated,
    ...told,
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
  const { value = {}, reason } = json === undefined ? {} : parse(json)
  if (reason !== undefined) faults.push(`has JSON that cannot be read: ${reason}`)
  else if (!isRecord(value)) faults.push('has JSON that is no object; write its captions as {"captions": [...]}')
  const record = isRecord(value) ? value : {}
  const { captions = record.caption ?? record.text } = record
  const fromJson: readonly unknown[] =
    captions === undefined || captions === null ? [] : Array.isArray(captions) ? captions : [captions]
  const named = readClass(record, cls)
  if ('fault' in named) faults.push(named.fault)
  const { overhead = null } = record
  if (overhead !== null && typeof overhead !== 'boolean')
    faults.push(`says "overhead": ${JSON.stringify(overhead)}; it is true, false or left out`)
  return {
    captions:
      text === undefined || fromJson.some(caption => isText(caption) && caption.trim() === text)
        ? fromJson
        : [...fromJson, text],
    label: 'fault' in named ? undefined : named.label,
    ...(typeof overhead === 'boolean' && { overhead }),
    faults,
  }
}

/** The class that a JSON and a `.cls` name, or the fault of what they say. */
function readClass(
  record: Readonly<Record<string, unknown>>,
  cls: string | undefined,
): { readonly label: string } | { readonly fault: string } {
  const given = [
    ["'label' of its .json", record.label],
    ["'class' of its .json", record.class],
    ['its .cls', cls],
  ] as const
  const labels: { readonly place: string; readonly label: string }[] = []
  for (const [place, value] of given) {
    const found = readLabel(value)
    if ('fault' in found) return { fault: `${found.fault} in ${place}; write its name or leave it out` }
    // A number and a name are the two forms of one class; two names or two numbers are not.
    const other = labels.find(({ label }) => isClassId(label) === isClassId(found.label))
    if (found.label !== '' && other !== undefined && className(other.label) !== className(found.label))
      return { fault: `has the class '${other.label}' in ${other.place} and '${found.label}' in ${place}; keep one` }
    if (found.label !== '') labels.push({ place, label: found.label })
  }
  const [first] = labels
  return { label: (labels.find(({ label }) => !isClassId(label)) ?? first)?.label ?? '' }
}

const isClassId = (label: string): boolean => /^-?[0-9]+$/.test(label)

function parse(text: string): { readonly value?: unknown; readonly reason?: string } {
  try {
    return { value: parsePythonJson(text) }
  } catch (cause) {
    return { reason: cause instanceof Error ? cause.message : String(cause) }
  }
}
