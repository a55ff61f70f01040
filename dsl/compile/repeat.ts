/** Repetitions: a recipe whose training runs are repeated by seed has a variant for each seed. */
import { type Diagnostic, diagnose } from '../diagnostics/diagnostic.ts'
import type { FilledRecipe } from '../kinds/filled.ts'
import { type LocatedList, type LocatedScalar, locate, plain } from '../values/located.ts'
import type { Variant } from './variant.ts'

/** The axis of repetitions, beside those of the matrix. */
export const repeatAxis = 'seed'

/** Variants of each cell of the matrix, one for each seed; runs that are repeated share their seeds. */
export function repeatVariants(variants: readonly Variant[]): {
  readonly variants: readonly Variant[]
  readonly diagnostics: readonly Diagnostic[]
} {
  const diagnostics: Diagnostic[] = []
  const repeated = variants.flatMap(variant => {
    const runs = repeatedRuns(variant)
    const [first] = runs
    if (first === undefined) return [variant]
    const fault = faultOf(variant, runs)
    if (fault) diagnostics.push(fault)
    return first.seeds.items.flatMap(seed =>
      seed.kind === 'scalar' && typeof seed.value === 'number' ? [repetition(variant, runs, seed, seed.value)] : [],
    )
  })
  return { variants: repeated, diagnostics }
}

interface RepeatedRun {
  readonly name: string
  readonly seeds: LocatedList
}

function repeatedRuns({ recipe, tree }: Variant): readonly RepeatedRun[] {
  return Object.entries(recipe.train).flatMap(([name, { repeat }]) => {
    const seeds = repeat && locate(tree, ['train', name, 'repeat', 'seed'])?.value
    return seeds?.kind === 'list' ? [{ name, seeds }] : []
  })
}

function repetition({ cell, tree, recipe }: Variant, runs: readonly RepeatedRun[], seed: LocatedScalar, value: number) {
  const own = runs.flatMap(({ name }): [string, FilledRecipe['train'][string]][] => {
    const run = recipe.train[name]
    return run === undefined ? [] : [[name, { ...run, seed: value }]]
  })
  const train = { ...recipe.train, ...Object.fromEntries(own) }
  return { cell: new Map(cell).set(repeatAxis, seed), tree, recipe: { ...recipe, train }, isRepetition: true } as const
}

function faultOf({ cell }: Variant, runs: readonly RepeatedRun[]): Diagnostic | undefined {
  const [first, ...others] = runs
  if (first === undefined) return undefined
  if (cell.has(repeatAxis))
    return diagnose('duplicate-name', first.seeds.span, {
      message: `The matrix has an axis '${repeatAxis}' beside these seeds`,
      fix: { hint: `rename the parameter '${repeatAxis}', or remove 'repeat'` },
    })
  const written = ({ seeds }: RepeatedRun) => JSON.stringify(plain(seeds))
  const other = others.find(run => written(run) !== written(first))
  return (
    other &&
    diagnose('out-of-range', other.seeds.span, {
      message: `'${other.name}' has other seeds than '${first.name}'`,
      related: [{ span: first.seeds.span, message: `the seeds of '${first.name}'` }],
      fix: { hint: 'repeat both by the same seeds: a repetition of the recipe has one' },
    })
  )
}
