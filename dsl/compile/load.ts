/** From a recipe file to checked variants: read, extend, set, expand, insert, check, fill. */
import { dirname, extname, resolve } from 'node:path'
import { elsewhereThan } from '../check/fault_places.ts'
import { checkSchema } from '../check/schema.ts'
import { type Code, type Diagnostic, diagnose, isClean } from '../diagnostics/diagnostic.ts'
import { disk, type Files, type ReadSourceOptions, readSource } from '../read/file.ts'
import { type ReadValue, readYaml } from '../read/yaml.ts'
import type { Located, LocatedMap } from '../values/located.ts'
import { checkVariants, type Variant } from './check_variants.ts'
import { mergePatch } from './merge.ts'
import { applySet } from './set.ts'

export type { Variant } from './check_variants.ts'

/** A recipe and its diagnostics. Without errors there is at least one variant. */
export interface LoadedRecipe {
  /** Absolute path of the recipe file. */
  readonly path: string
  /** Absolute folder that the recipe's paths are relative to. */
  readonly folder: string
  readonly variants: readonly Variant[]
  readonly diagnostics: readonly Diagnostic[]
  /** Absolute paths of the files that were read or looked for: the recipe, its bases, its imports. */
  readonly files: readonly string[]
}

/** Options of loading a recipe. */
export interface Loading {
  /** `path=value` changes, applied in order. */
  readonly sets?: readonly string[] | undefined
  /** The files that it is read from; absent: the disk. */
  readonly files?: Files | undefined
  /** True if files that the recipe names are not looked for. */
  readonly isAlone?: boolean | undefined
}

/** Reads and checks a recipe file. */
export async function loadRecipe(
  file: string,
  { sets = [], files = disk, isAlone = false }: Loading = {},
): Promise<LoadedRecipe> {
  const path = resolve(file)
  const folder = dirname(path)
  const seen = new Set<string>()
  const end = (diagnostics: readonly Diagnostic[], variants: readonly Variant[] = []): LoadedRecipe => ({
    path,
    folder,
    variants: isClean(diagnostics) ? variants : [],
    diagnostics: withoutRepeats(diagnostics),
    files: [...seen],
  })

  const read = await readExtended(path, [], { files: recording(files, seen) })
  if (read.value === undefined || read.diagnostics.some(({ code }) => unbounded.has(code))) return end(read.diagnostics)
  let tree = read.value
  const ofSets: Diagnostic[] = []
  for (const flag of sets) {
    const changed = applySet(tree, flag, path)
    ofSets.push(...changed.diagnostics)
    if (isClean(changed.diagnostics)) tree = changed.value ?? tree
  }
  const earlier = [...read.diagnostics, ...ofSets]
  // Without its changes it may be another recipe.
  if (!isClean(ofSets)) return end(earlier)
  if (tree.kind !== 'map') return end([...earlier, ...elsewhereThan(earlier, checkSchema(tree))])
  try {
    const { variants, diagnostics, used } = checkVariants(tree, { folder, files, isAlone, earlier })
    return end(isClean(diagnostics) ? [...diagnostics, ...unusedParameters(tree, used)] : diagnostics, variants)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    return end([
      diagnose('too-deep', tree.span, {
        message: 'Entries depend on each other in too long a chain',
        fix: { hint: 'let fewer entries follow one another' },
      }),
    ])
  }
}

/** Faults of a recipe that is not read to its end, or of which an entry has no name. */
const unbounded: ReadonlySet<Code> = new Set(['too-deep', 'alias-bomb', 'bad-key'])

/** Files that record the paths that are looked for. */
function recording(files: Files, seen: Set<string>): Files {
  const stat: Files['stat'] = path => {
    seen.add(path)
    return files.stat(path)
  }
  return { ...files, stat }
}

function unusedParameters(tree: LocatedMap, used: ReadonlySet<string>): readonly Diagnostic[] {
  const params = tree.entries.get('params')?.value
  if (params?.kind !== 'map') return []
  return [...params.entries]
    .filter(([name]) => !used.has(name))
    .map(([name, { key }]) =>
      diagnose('unused-entry', key, {
        severity: 'warning',
        message: `Nothing uses the parameter '${name}'`,
        fix: { hint: `insert it as '\${params.${name}}' or remove it` },
      }),
    )
}

/** Reads a file and the bases that it extends; `trail` are the files that extend it. */
async function readExtended(path: string, trail: readonly string[], reading: ReadSourceOptions): Promise<ReadValue> {
  const { asked, files } = reading
  if (asked && trail.includes(path))
    return {
      diagnostics: [
        diagnose('extends-cycle', asked, {
          message: `'${asked.source.name}' extends itself`,
          fix: { hint: "remove 'extends' or name another base" },
        }),
      ],
    }
  const file = readSource(path, reading)
  if ('fault' in file) return { diagnostics: [file.fault] }
  const read =
    extname(path) === '.ts'
      ? (await import('../read/typescript.ts')).readTypeScript(file.source, files)
      : readYaml(file.source)
  const base = read.value?.kind === 'map' ? read.value.entries.get('extends')?.value : undefined
  if (read.value?.kind !== 'map' || base?.kind !== 'scalar' || typeof base.value !== 'string') return read
  const below = await readExtended(resolve(dirname(path), base.value), [...trail, path], { asked: base.span, files })
  const diagnostics = [...read.diagnostics, ...elsewhereThan(read.diagnostics, below.diagnostics)]
  if (below.value === undefined) return { diagnostics }
  return { value: mergePatch(below.value, withoutExtends(read.value)), diagnostics }
}

function withoutExtends(map: LocatedMap): Located {
  return { ...map, entries: new Map([...map.entries].filter(([name]) => name !== 'extends')) }
}

/** Removes repeats: the same fault of an alias, or in many variants, is one diagnostic. */
function withoutRepeats(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const seen = new Set<string>()
  return [...new Set(diagnostics)].filter(({ code, span, message }) => {
    const identity = JSON.stringify([code, span.source.name, span.start, message])
    return !seen.has(identity) && seen.add(identity)
  })
}
