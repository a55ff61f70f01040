/** Captions in one JSON file, as Karpathy's splits have them, and a folder of images. */
import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { DataFault } from '../../../dsl/diagnostics/faults.ts'
import { isRecord, isText } from '../../../dsl/values/json.ts'
import { isLitter } from '../../../dsl/values/litter.ts'
import { splitNamed } from '../../../dsl/values/split_names.ts'
import { readCaptions, readLabel } from './annotations.ts'
import { type ClassCaptions, captionOfClass, className } from './class_names.ts'
import { createImageFinder, type ImageMatch, listImages, unnamedFiles } from './image_files.ts'
import { parsePythonJson } from './python_json.ts'
import { type CorruptItem, corruptItem, litterItem, roleName, type SourceItem, type SourceReader } from './record.ts'
import { decodeText } from './text.ts'

/** Options of {@link openKarpathy}: paths of the file and of the images. */
export interface KarpathyOptions {
  readonly json: string
  readonly images: string
  readonly classNames: ClassCaptions
}

/** An image of the file, not yet checked, and the class whose list it stands in. */
interface KarpathyItem {
  readonly value: unknown
  readonly listedAs?: string
  /** Its name in errors: `images[17]`, `airport[3]`. */
  readonly place: string
}

/** A reader of a JSON file and its images, in the order of the file; its images are listed in memory, none is read. */
export function openKarpathy({ json, images, classNames }: KarpathyOptions): SourceReader {
  const file = basename(json)
  const name = roleName('json')
  let total: number | undefined
  return {
    unit: 'images',
    total: () => total,
    async *find() {
      const items = itemsOf(parse(decodeText(await readFile(json), file), file), file)
      total = items.length
      const files = await listImages(images)
      const find = createImageFinder(files, roleName('images'))
      const taken = new Map<string, string>()
      const named = new Set<string>()
      for (const [index, item] of items.entries()) {
        const found = readItem(item, { name, find, classNames, images, named, position: index + 1 })
        const [record] = found
        const first = record?.kind === 'record' ? taken.get(record.file) : undefined
        if (record?.kind === 'record' && first !== undefined) {
          const reason = `${name} ${item.place} names '${record.file}' as ${first} does; remove one of them`
          yield corruptItem(name, reason, { key: item.place })
          continue
        }
        if (record?.kind === 'record') taken.set(record.file, item.place)
        yield* found
      }
      yield* unnamedFiles(files, { named, tables: [json] })
    },
  }
}

function parse(text: string, name: string): unknown {
  try {
    return parsePythonJson(text)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new DataFault(`${name} is not JSON: ${reason}`, {
      hint: 'get it anew or mend it',
      file: name,
      cause,
    })
  }
}

/** A list of `images`, or, as NWPU-Captions has them, lists by class. */
function itemsOf(value: unknown, name: string): readonly KarpathyItem[] {
  if (isRecord(value) && Array.isArray(value.images))
    return value.images.map((image, i) => ({ value: image, place: `images[${i}]` }))
  if (isRecord(value) && Object.values(value).length > 0 && Object.values(value).every(Array.isArray))
    return Object.entries(value).flatMap(([listedAs, list]) =>
      Array.isArray(list) ? list.map((image, i) => ({ value: image, listedAs, place: `${listedAs}[${i}]` })) : [],
    )
  throw new DataFault(`${name} holds neither a list 'images' nor lists of images by class`, {
    hint: 'name the JSON file of captions',
    file: name,
  })
}

interface ItemContext {
  readonly name: string
  readonly find: (name: string) => ImageMatch
  readonly classNames: ClassCaptions
  readonly images: string
  /** Images that items name, usable or not; they are added to it. */
  readonly named: Set<string>
  readonly position: number
}

/** The record of an item and the faults of its captions, or the one fault of the item. */
function readItem(
  { value, listedAs, place }: KarpathyItem,
  { name, find, classNames, images, named: all, position }: ItemContext,
): readonly SourceItem[] {
  const wrong = (reason: string, column: string): CorruptItem =>
    corruptItem(name, `${name} ${place} ${reason}`, { key: place, column })
  const item = isRecord(value) ? value : {}
  const { filename, filepath } = item
  if (isText(filename) && isLitter(filename)) return [litterItem(`${name} ${place}`)]
  if (!isText(filename) || filename === '') return [wrong(`names no image; fill in 'filename'`, 'filename')]
  const split = splitNamed(isText(item.split) ? item.split : '')
  if (split === undefined) {
    return [wrong(`has the split '${String(item.split ?? '')}'; splits are train, restval, val and test`, 'split')]
  }
  const path =
    isText(filepath) && filepath !== '' && !filename.startsWith(`${filepath}/`) ? `${filepath}/${filename}` : filename
  // Lists by class have their images in folders of the same names, or all in one.
  const found = [...(listedAs === undefined ? [] : [`${listedAs}/${filename}`]), path, filename].map(find)
  const at = found.find(one => 'file' in one)
  if (at === undefined) {
    const why = found.find(one => 'fault' in one)
    return [wrong(`names image '${path}', ${why?.fault ?? ''}`, 'filename')]
  }
  all.add(at.file)
  const named = readLabel([listedAs, item.label, item.class, item.category].find(value => value !== undefined))
  if ('fault' in named) return [wrong(named.fault, 'label')]
  const given = sentencesOf(item)
  if (given === undefined) return [wrong(`has sentences of '${filename}' that are no list`, 'sentences')]
  const { captions, faults: problems } = readCaptions(given, named.label)
  const faults = problems.map(fault => wrong(`${fault} of '${filename}'`, 'sentences'))
  if (captions.length === 0 && named.label === '') {
    return faults.length > 0 ? faults : [wrong(`has neither captions nor a class of '${filename}'`, 'sentences')]
  }
  const said = captions.length > 0 ? captions : [captionOfClass(named.label, classNames)]
  const label = className(named.label)
  const { file } = at
  return [
    {
      kind: 'record',
      file,
      group: file,
      split,
      captions: said,
      label,
      facts: {},
      location: { kind: 'file', path: join(images, file) },
      position,
    },
    ...faults,
  ]
}

/** `sentences[].raw`, or `raw`, `raw_1`, `raw_2` and on; undefined where `sentences` is no list. */
function sentencesOf(item: { readonly [name: string]: unknown }): readonly unknown[] | undefined {
  if (Array.isArray(item.sentences)) {
    return item.sentences.map(sentence => (isRecord(sentence) ? (sentence.raw ?? tokensOf(sentence.tokens)) : sentence))
  }
  if (item.sentences !== undefined && item.sentences !== null) return undefined
  return Object.keys(item)
    .filter(key => /^raw(_[0-9]+)?$/.test(key))
    .map(key => item[key])
}

const tokensOf = (tokens: unknown): string | undefined =>
  Array.isArray(tokens) && tokens.every(isText) ? tokens.join(' ') : undefined
