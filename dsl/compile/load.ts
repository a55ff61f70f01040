/** From a recipe file to checked variants: read, extend, set, expand, insert, check, fill. */
import { dirname, extname, resolve } from 'node:path'
import { createDecider } from '../check/decide.ts'
import { createFiller } from '../check/fill.ts'
import { checkMeaning } from '../check/meaning.ts'
import { memoizeChecks } from '../check/memoize_checks.ts'
import type { Checked } from '../check/names.ts'
import { checkModelPaths, checkPaths } from '../check/paths.ts'
import { checkSchema, createSchemaCheck } from '../check/schema.ts'
import { checkSplitFolders } from '../check/split_folders.ts'
import { type Diagnostic, diagnose, isClean } from '../diagnostics/diagnostic.ts'
import type { FilledRecipe } from '../kinds/filled.ts'
import { disk, type Files, type ReadSourceOptions, readSource } from '../read/file.ts'
import { type ReadValue, readYaml } from '../read/yaml.ts'
import type { Located, LocatedMap } from '../values/located.ts'
import { type Cell, cellParameters, expandMatrix } from './matrix.ts'
import { mergePatch } from './merge.ts'
import { declaredParameters, substitute } from './parameters.ts'
import { applySet } from './set.ts'

/** One cell of the matrix, checked; the only one where there is no matrix. */
export interface Variant {
  readonly cell: Cell
  /** With parameters inserted. */
  readonly tree: LocatedMap
  readonly recipe: FilledRecipe
}

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
  { sets = [], files = disk, isAlone }: Loading = {},
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
  if (read.value === undefined || !isClean(read.diagnostics)) return end(read.diagnostics)
  let tree = read.value
  for (const flag of sets) {
    const changed = applySet(tree, flag, path)
    if (changed.value === undefined || !isClean(changed.diagnostics)) return end(changed.diagnostics)
    tree = changed.value
  }
  if (tree.kind !== 'map') return end(checkSchema(tree))
  try {
    return checkVariants(tree, { folder, files, isAlone }, end)
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

/** Files that record the paths that are looked for. */
function recording(files: Files, seen: Set<string>): Files {
  const stat: Files['stat'] = path => {
    seen.add(path)
    return files.stat(path)
  }
  return { ...files, stat }
}

type End = (diagnostics: readonly Diagnostic[], variants?: readonly Variant[]) => LoadedRecipe

interface LoadPlace extends Pick<Loading, 'files' | 'isAlone'> {
  readonly folder: string
}

function checkVariants(tree: LocatedMap, { folder, files, isAlone }: LoadPlace, end: End): LoadedRecipe {
  const parameters = declaredParameters(tree)
  const { cells, diagnostics: faults } = expandMatrix(tree, parameters)
  const diagnostics: Diagnostic[] = [...faults]
  const variants: Variant[] = []
  const fill = createFiller(folder)
  const decide = createDecider()
  const checkShape = createSchemaCheck()
  const used = new Set<string>()
  const fixed = new Set<Located>()
  for (const cell of cells) {
    const inserted = substitute(tree, cellParameters(parameters, cell), fixed)
    for (const name of inserted.used) used.add(name)
    const decided = decide(inserted.value)
    const shape = isClean(inserted.diagnostics) ? checkShape(decided.value) : rootFaults(tree, inserted.diagnostics)
    const isUndecided = ({ span }: Diagnostic) => decided.diagnostics.some(one => one.span.start === span.start)
    const found = [...decided.diagnostics, ...shape.filter(fault => !isUndecided(fault))]
    diagnostics.push(...found)
    if (isClean(found)) variants.push({ cell, tree: decided.value, recipe: fill(decided.value) })
  }
  const run = memoizeChecks(variants.map(({ recipe }) => recipe))
  for (const { recipe, tree } of variants) {
    const checked: Checked = { recipe, tree, folder, files }
    if (!isAlone)
      diagnostics.push(...[checkPaths, checkModelPaths, checkSplitFolders].flatMap(check => run(check, checked)))
    diagnostics.push(...checkMeaning(checked, run))
  }
  if (isClean(diagnostics)) diagnostics.push(...unusedParameters(tree, used))
  return end(diagnostics, variants)
}

/** Unknown parameters; if the section's name is misspelt, that fault alone, which is the cause of the others. */
function rootFaults(tree: LocatedMap, unknown: readonly Diagnostic[]): readonly Diagnostic[] {
  if (tree.entries.has('params')) return unknown
  const misspelt = checkSchema(tree).filter(({ code, fix }) => code === 'unknown-key' && fix?.edit?.text === 'params')
  return misspelt.length > 0 ? misspelt : unknown
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
  if (
    read.value?.kind !== 'map' ||
    base?.kind !== 'scalar' ||
    typeof base.value !== 'string' ||
    !isClean(read.diagnostics)
  )
    return read
  const below = await readExtended(resolve(dirname(path), base.value), [...trail, path], { asked: base.span, files })
  if (below.value === undefined) return below
  return {
    value: mergePatch(below.value, withoutExtends(read.value)),
    diagnostics: [...below.diagnostics, ...read.diagnostics],
  }
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
