/** Checks every variant of a recipe, and what is sound of a faulty one. */
import { createDecider } from '../check/decide.ts'
import { elsewhereThan, overlap } from '../check/fault_places.ts'
import { createFiller } from '../check/fill.ts'
import { checkMeaning } from '../check/meaning.ts'
import { type CheckRunner, memoizeChecks, runCheck } from '../check/memoize_checks.ts'
import type { Checked } from '../check/names.ts'
import { checkModelPaths, checkPaths } from '../check/paths.ts'
import { corrected, repair } from '../check/repair.ts'
import { checkSchema, createSchemaCheck } from '../check/schema.ts'
import { checkSplitFolders } from '../check/split_folders.ts'
import { type Diagnostic, isClean } from '../diagnostics/diagnostic.ts'
import type { Files } from '../values/files.ts'
import type { Located, LocatedMap, Span } from '../values/located.ts'
import { cellParameters, expandMatrix } from './matrix.ts'
import { onceForEachName, withParameters } from './misnamed_parameters.ts'
import { declaredParameters, substitute } from './parameters.ts'
import { repeatVariants } from './repeat.ts'
import type { Variant } from './variant.ts'

export type { Variant } from './variant.ts'

/** The variants of a recipe that have its shape, the faults of all, and the names of parameters that are inserted. */
export interface CheckedVariants {
  readonly variants: readonly Variant[]
  readonly diagnostics: readonly Diagnostic[]
  readonly used: ReadonlySet<string>
}

/** The place of a recipe, and the faults of reading it. */
export interface VariantContext {
  readonly folder: string
  readonly files: Files
  /** True if files that the recipe names are not looked for. */
  readonly isAlone: boolean
  readonly earlier: readonly Diagnostic[]
}

/** A variant with a fault, and all faults that are known of it. */
interface FaultyVariant {
  readonly tree: LocatedMap
  readonly faults: readonly Diagnostic[]
}

/**
 * Checks the variants of a recipe. Where one has faults of reading or of shape, the rest of the first such variant is
 * checked without what is faulty.
 */
export function checkVariants(written: LocatedMap, context: VariantContext): CheckedVariants {
  const { folder, files, isAlone, earlier } = context
  const { tree, faults: misnamed } = withParameters(written)
  const parameters = declaredParameters(tree)
  const { cells, diagnostics: ofMatrix } = expandMatrix(tree, parameters)
  const before = [...earlier, ...misnamed, ...ofMatrix]
  const collected = createCollector()
  collected.add(before, tree)
  const variants: Variant[] = []
  const fill = createFiller(folder)
  const decide = createDecider()
  const checkShape = createSchemaCheck()
  const used = new Set<string>()
  const fixed = new Set<Located>()
  let faulty: FaultyVariant | undefined
  // A parameter may have another name than the one that was read.
  const isMisread = hasFaultyKey(tree.entries.get('params')?.value, before)
  for (const cell of cells) {
    const inserted = substitute(tree, cellParameters(parameters, cell), fixed)
    for (const name of inserted.used) used.add(name)
    const decided = decide(inserted.value)
    const known = [...before, ...inserted.diagnostics, ...decided.diagnostics]
    const shape = elsewhereThan(known, checkShape(decided.value))
    const told = isMisread ? [] : onceForEachName(inserted.diagnostics)
    collected.add([...told, ...decided.diagnostics, ...shape], decided.value)
    const faults = [...known, ...shape]
    if (isClean(faults)) variants.push({ cell, tree: decided.value, recipe: fill(decided.value) })
    else faulty ??= { tree: decided.value, faults }
  }
  const place = { folder, files }
  const run = memoizeChecks(variants.map(({ recipe }) => recipe))
  for (const { recipe, tree } of variants) collected.add(checksOf({ recipe, tree, ...place }, { run, isAlone }), tree)
  if (faulty !== undefined) collected.add(checkFaulty(faulty, { ...context, fill }), faulty.tree)
  const repeated = repeatVariants(variants)
  return { variants: repeated.variants, diagnostics: [...collected.faults(), ...repeated.diagnostics], used }
}

/** The faults of a faulty variant that are found once its misspelt words are right and what is wrong is taken out. */
function checkFaulty(
  { tree, faults }: FaultyVariant,
  { folder, files, isAlone, fill }: VariantContext & { readonly fill: ReturnType<typeof createFiller> },
): readonly Diagnostic[] {
  if (faults.some(fault => isMisnamedSection(fault, tree))) return []
  const right = corrected(tree, faults)
  const readable = right === tree ? tree : createDecider()(right).value
  const shape = right === tree ? [] : elsewhereThan(faults, checkSchema(readable))
  const all = [...faults, ...shape]
  const repaired = repair(readable, all)
  if (repaired === undefined) return shape
  const checked = { recipe: fill(repaired.tree), ...repaired, folder, files }
  const rest = checksOf(checked, { run: runCheck, isAlone }).filter(({ severity }) => severity === 'error')
  return [...shape, ...elsewhereThan(all, rest)]
}

/** True for a misspelt section of a TypeScript recipe: its entries were read as uses by name, so nothing more can be told. */
const isMisnamedSection = ({ code, span }: Diagnostic, tree: LocatedMap): boolean =>
  code === 'unknown-key' &&
  span.source.path.endsWith('.ts') &&
  [...tree.entries.values()].some(({ key }) => placeOf(key) === placeOf(span))

const hasFaultyKey = (map: Located | undefined, faults: readonly Diagnostic[]): boolean =>
  map?.kind === 'map' && [...map.entries.values()].some(({ key }) => faults.some(({ span }) => overlap(span, key)))

function checksOf(
  checked: Checked,
  { run, isAlone }: { readonly run: CheckRunner; readonly isAlone: boolean },
): readonly Diagnostic[] {
  const ofFiles = isAlone ? [] : [checkPaths, checkModelPaths, checkSplitFolders]
  return [...ofFiles.flatMap(check => run(check, checked)), ...checkMeaning(checked, run)]
}

/**
 * Collects the faults of one variant after the other. A fault at the place of an earlier variant's is the same one, even
 * where its words have other numbers, unless other values of parameters are at fault.
 */
function createCollector() {
  const faults: Diagnostic[] = []
  const first = new Map<string, number>()
  let variant = 0
  return {
    add(found: readonly Diagnostic[], tree: LocatedMap): void {
      variant++
      if (found.length === 0) return
      const origins = originsIn(tree)
      for (const fault of found) {
        const spans = [fault.span, ...fault.related.map(({ span }) => span)].map(placeOf)
        const identity = JSON.stringify([fault.code, spans, origins.get(placeOf(fault.span))])
        if (!first.has(identity)) first.set(identity, variant)
        if (first.get(identity) === variant) faults.push(fault)
      }
    },
    faults: () => faults,
  }
}

const placeOf = ({ source, start }: Span): string => `${source.name} ${start}`

/** The places of the parameters that gave values, by the places of these. */
function originsIn(tree: LocatedMap): ReadonlyMap<string, string> {
  const origins = new Map<string, string>()
  function collect(node: Located): void {
    if (node.kind === 'scalar' && node.origin !== undefined) origins.set(placeOf(node.span), placeOf(node.origin.span))
    if (node.kind === 'list') node.items.forEach(collect)
    if (node.kind === 'map') for (const { value } of node.entries.values()) collect(value)
  }
  collect(tree)
  return origins
}
