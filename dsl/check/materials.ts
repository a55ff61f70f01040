/** The files that sources are made of, and the images that two datasets have in common by them. */
import type { Entry, Material } from '../kinds/definition.ts'
import type { FilledRecipe } from '../kinds/filled.ts'
import { sourceKind } from '../kinds/registry.ts'
import { canonical } from '../values/canonical.ts'

/** Data of a source: one split of it, or all. */
export interface SourceData {
  readonly source?: string | undefined
  readonly split?: string | undefined
}

type Sources = FilledRecipe['sources']

/** True if data of two sources share images: of one source, or of two sources with the same files. */
export function shareImages(sources: Sources, one: SourceData, other: SourceData): boolean {
  const shareSplit = one.split === undefined || other.split === undefined || one.split === other.split
  if (one.source === other.source) return shareSplit
  const [a, b] = [materialOf(sources, one), materialOf(sources, other)]
  if (a === undefined || b === undefined) return false
  const [few, many] = a.files.size < b.files.size ? [a.files, b.files] : [b.files, a.files]
  if (![...few].some(file => many.has(file))) return false
  // Equal shares of equal files are split alike: the recipe's seed decides, not the source's name.
  return shareSplit || canonical(a.split) !== canonical(b.split)
}

/** True if a source is that of some data, or is made of all of its files and split alike. */
export function hasFilesOf(sources: Sources, one: SourceData, data: SourceData): boolean {
  if (one.source === data.source) return true
  const [a, b] = [materialOf(sources, one), materialOf(sources, data)]
  if (a === undefined || b === undefined || [...b.files].some(file => !a.files.has(file))) return false
  return one.split === undefined || canonical(a.split) === canonical(b.split)
}

/** The material of a source, its files as a set. */
interface MaterialFiles extends Pick<Material, 'split'> {
  readonly files: ReadonlySet<string>
}

/** Collected once for each source: there may be a hundred thousand shards. */
const known = new WeakMap<Entry<'sources'>, MaterialFiles>()

/** Undefined for sources that make their images. */
function materialOf(sources: Sources, { source: name = '' }: SourceData): MaterialFiles | undefined {
  const source = Object.hasOwn(sources, name) ? sources[name] : undefined
  if (source === undefined) return undefined
  const collected = known.get(source) ?? collectFiles(source)
  if (collected !== undefined) known.set(source, collected)
  return collected
}

function collectFiles(source: Entry<'sources'>): MaterialFiles | undefined {
  const made = sourceKind(source).material?.(source)
  return made && { ...made, files: new Set(made.files) }
}
