/** WebDataset shards: the files of a tar that share a key are one sample. */
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { isRecord, isText } from '../../../dsl/values/json.ts'
import { type ClassCaptions, captionOfClass, className } from './class_names.ts'
import { assignSplit, corruptItem, type SourceItem, type SourceReader, type SplitShares } from './record.ts'
import { readTar, type TarEntry } from './tar_entries.ts'

/** Options of {@link openWebDataset}: shards in order, and the use of their samples. */
export interface WebDatasetOptions {
  readonly shards: readonly string[]
  readonly split: SplitShares
  readonly classNames: ClassCaptions
  readonly seed: number
}

/** Files that are read for what they say. */
const sidecars = ['json', 'txt', 'cls']
const images = ['jpg', 'jpeg', 'png', 'webp']

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

/** The key of a file: its path up to the first dot of its name. `a/b.c/00.seg.png` has the key `a/b.c/00`. */
export function splitKey(name: string): { readonly key: string; readonly extension: string } {
  const dot = name.indexOf('.', name.lastIndexOf('/') + 1)
  return dot === -1
    ? { key: name, extension: '' }
    : { key: name.slice(0, dot), extension: name.slice(dot + 1).toLowerCase() }
}

interface ShardOptions extends WebDatasetOptions {
  /** Place in the list. */
  readonly index: number
  /** Bytes of the shards before. */
  readonly before: number
}

/** Samples are files side by side, as the format asks: a key that comes again after another is given twice. */
async function* readShard(shard: string, options: ShardOptions): AsyncGenerator<SourceItem> {
  const name = basename(shard)
  const seen = new Set<string>()
  let current: { readonly key: string; readonly files: Map<string, TarEntry>; readonly isAgain: boolean } | undefined
  const finish = (): readonly SourceItem[] =>
    current === undefined || current.isAgain ? [] : readSample(current, { shard, ...options })
  for await (const entry of readTar(shard, file => sidecars.includes(splitKey(file).extension))) {
    if (entry.kind === 'damage') {
      const { key } = splitKey(entry.entry)
      yield corruptItem(name, entry.reason, { key: key === '' ? undefined : key })
      continue
    }
    const { key, extension } = splitKey(entry.name)
    if (current?.key !== key) {
      yield* finish()
      current = { key, files: new Map(), isAgain: seen.has(key) }
      if (current.isAgain)
        yield corruptItem(name, `Key '${key}' is given twice in ${name}; give each sample its own`, { key })
      seen.add(key)
    }
    const isTwice = current.files.has(extension)
    if (!isTwice) current.files.set(extension, entry)
    else if (!current.isAgain)
      yield corruptItem(name, `File '${entry.name}' is given twice in ${name}; remove one of them`, { key })
  }
  yield* finish()
}

interface SidecarContent {
  readonly captions: readonly unknown[]
  readonly label: string
  readonly overhead?: boolean
  readonly faults: readonly string[]
}

function readSample(
  { key, files }: { readonly key: string; readonly files: ReadonlyMap<string, TarEntry> },
  { shard, index, before, split, classNames, seed }: ShardOptions & { readonly shard: string },
): readonly SourceItem[] {
  const name = basename(shard)
  const wrong = (reason: string, column?: string) =>
    corruptItem(name, `Sample '${key}' of ${name} ${reason}`, { key, ...(column !== undefined && { column }) })
  const picture = images.map(extension => files.get(extension)).find(file => file !== undefined)
  if (picture === undefined) {
    // What holds no sidecar either, such as a note on the whole set, is no sample.
    return sidecars.some(extension => files.has(extension)) ? [wrong(`has no image (.${images.join(', .')})`)] : []
  }
  const { captions: given, label, overhead, faults } = readSidecars(files)
  const told = faults.map(reason => wrong(reason))
  const captions = given.flatMap(caption => (isText(caption) && caption.trim() !== '' ? [caption.trim()] : []))
  const empty = given.slice(captions.length).map(() => wrong('has an empty caption; fill it in or remove it'))
  if (captions.length === 0 && label === '') {
    const problems = [...told, ...empty]
    return problems.length > 0
      ? problems
      : [wrong('has neither a caption nor a class; add KEY.txt, KEY.json or KEY.cls')]
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
    ...told,
    ...empty,
  ]
}

/** Reads the small files of a sample: captions of the JSON first, the text after them unless it is one of them. */
function readSidecars(files: ReadonlyMap<string, TarEntry>): SidecarContent {
  const textOf = (extension: string): string | undefined => {
    const bytes = files.get(extension)?.bytes
    return bytes === undefined ? undefined : new TextDecoder().decode(bytes).trim()
  }
  const [json, text, cls] = [textOf('json'), textOf('txt'), textOf('cls')]
  const { value, reason } = json === undefined ? { value: {} } : parse(json)
  const record = isRecord(value) ? value : {}
  const { captions = record.caption ?? record.text } = record
  const fromJson: readonly unknown[] =
    captions === undefined || captions === null ? [] : Array.isArray(captions) ? captions : [captions]
  const label = record.label ?? record.class ?? cls ?? ''
  const { overhead = null } = record
  const faults = reason === undefined ? [] : [`has JSON that cannot be read: ${reason}`]
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

function parse(text: string): { readonly value?: unknown; readonly reason?: string } {
  try {
    return { value: JSON.parse(text) }
  } catch (cause) {
    return { reason: cause instanceof Error ? cause.message : String(cause) }
  }
}
