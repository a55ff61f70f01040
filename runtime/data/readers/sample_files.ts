/**
 * The samples of a WebDataset shard among its files. The key of a sample ends at the first dot of the names of its files,
 * but many writers have dots in their keys: `22.05.jpg` beside `22.05.txt`.
 */
import { imageExtensions, sidecarExtensions, splitStem } from './file_names.ts'
import type { TarEntry } from './tar_entries.ts'

/** The files of one sample. */
export interface SampleEntries {
  readonly key: string
  /** By extension, in lower case: one image at most, and its sidecars. */
  readonly files: ReadonlyMap<string, TarEntry>
  /** Files whose extension a file before them has. */
  readonly twice: readonly TarEntry[]
  /** Images that cannot be told apart: any of them may be the image of the sample. */
  readonly candidates: readonly TarEntry[]
}

/** A file that belongs to no sample, and the reason as a noun phrase. */
export interface OtherEntry {
  readonly file: string
  readonly reason: string
}

/** Files whose names are the same up to the last dot. */
interface Stem {
  readonly key: string
  readonly files: Map<string, TarEntry>
  readonly twice: TarEntry[]
}

/**
 * Groups entries side by side that share a key up to the first dot. A name with further dots is read by its last one
 * where an image and a sidecar share it, or where no file has the short key; else it is a further file of the sample.
 */
export function groupEntries(
  key: string,
  entries: readonly TarEntry[],
): { readonly samples: readonly SampleEntries[]; readonly others: readonly OtherEntry[] } {
  const others: OtherEntry[] = []
  const stems = stemsOf(entries, others)
  const plain = stems.get(key.normalize())
  const dotted = [...stems.values()].filter(stem => stem !== plain)
  const complete = dotted.filter(stem => hasImage(stem) && hasSidecar(stem))
  const loose = dotted.filter(stem => !complete.includes(stem))
  const samples: SampleEntries[] = []
  if (plain === undefined && complete.length === 0 && canJoin(loose)) samples.push(joined(key, loose, others))
  else if (plain === undefined) samples.push(...dotted.map(stem => sampleOf(stem, others)))
  else {
    const images = loose.filter(hasImage)
    const [only] = images
    if (hasImage(plain) || images.length === 0) samples.push(sampleOf(plain, others))
    else if (only !== undefined && images.length === 1 && complete.length === 0)
      samples.push(joined(key, [plain, only], others))
    else samples.push({ ...sampleOf(plain, others), candidates: images.flatMap(({ files }) => [...files.values()]) })
    const rest = hasImage(plain) ? loose : loose.filter(stem => !hasImage(stem))
    for (const { files } of rest)
      for (const [extension, { name }] of files)
        others.push({ file: name, reason: isImage(extension) ? furtherImages : 'further texts of samples' })
    samples.push(...complete.map(stem => sampleOf(stem, others)))
  }
  return { samples, others }
}

const furtherImages = 'further images of samples'

const isImage = (extension: string): boolean => imageExtensions.includes(extension)
const hasImage = ({ files }: Stem): boolean => [...files.keys()].some(isImage)
const hasSidecar = ({ files }: Stem): boolean =>
  [...files.keys()].some(extension => sidecarExtensions.includes(extension))

/** Entries by their stem, in order; files with other extensions belong to no sample. */
function stemsOf(entries: readonly TarEntry[], others: OtherEntry[]): ReadonlyMap<string, Stem> {
  const stems = new Map<string, Stem>()
  for (const entry of entries) {
    const { key, extension } = splitStem(entry.name)
    if (!isImage(extension) && !sidecarExtensions.includes(extension)) {
      others.push({
        file: entry.name,
        reason: `files that are not read (${extension === '' ? 'no ending' : `.${extension}`})`,
      })
      continue
    }
    const stem: Stem = stems.get(key.normalize()) ?? { key, files: new Map(), twice: [] }
    stems.set(key.normalize(), stem)
    if (stem.files.has(extension)) stem.twice.push(entry)
    else stem.files.set(extension, entry)
  }
  return stems
}

/** True if files with names of their own make one sample: one image, and sidecars of different extensions. */
function canJoin(stems: readonly Stem[]): boolean {
  const extensions = stems.flatMap(({ files }) => [...files.keys()])
  return (
    stems.length > 1 &&
    extensions.filter(isImage).length === 1 &&
    new Set(extensions).size === extensions.length &&
    stems.every(({ twice }) => twice.length === 0)
  )
}

const joined = (key: string, stems: readonly Stem[], others: OtherEntry[]): SampleEntries =>
  sampleOf(
    {
      key,
      files: new Map(stems.flatMap(({ files }) => [...files])),
      twice: stems.flatMap(({ twice }) => twice),
    },
    others,
  )

/** A sample with the image of the preferred extension; other images of it are left out. */
function sampleOf({ key, files, twice }: Stem, others: OtherEntry[]): SampleEntries {
  const [, ...further] = imageExtensions.filter(extension => files.has(extension))
  for (const extension of further) others.push({ file: files.get(extension)?.name ?? '', reason: furtherImages })
  const kept = new Map([...files].filter(([extension]) => !further.includes(extension)))
  return { key, files: kept, twice, candidates: [] }
}
