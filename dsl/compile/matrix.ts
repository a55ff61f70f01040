/** Ablations: every combination of the values of the matrix' parameters is a variant of the recipe. */
import { type Diagnostic, diagnose, replaceWith } from '../diagnostics/diagnostic.ts'
import { suggest } from '../diagnostics/suggest.ts'
import type { LocatedMap, LocatedScalar } from '../values/located.ts'
import type { Parameters } from './parameters.ts'

const mostVariants = 10_000

/** A cell of the matrix: parameter values of a variant by axis, in the order of the axes. */
export type Cell = ReadonlyMap<string, LocatedScalar>

/** Expands the matrix. Without one there is a single cell, without axes. */
export function expandMatrix(
  recipe: LocatedMap,
  parameters: Parameters,
): { readonly cells: readonly Cell[]; readonly diagnostics: readonly Diagnostic[] } {
  const matrix = recipe.entries.get('matrix')
  if (matrix?.value.kind !== 'map') return { cells: [new Map()], diagnostics: [] }
  const diagnostics: Diagnostic[] = []
  let cells: readonly Cell[] = [new Map()]
  for (const [axis, { key, value }] of matrix.value.entries) {
    if (!parameters.has(axis))
      diagnostics.push(
        diagnose('unknown-parameter', key, {
          message: `The axis '${axis}' is no parameter of the recipe`,
          ...replaceWith(key, suggest(axis, parameters.keys())),
        }),
      )
    const values = value.kind === 'list' ? value.items.filter(item => item.kind === 'scalar') : []
    if (values.length * cells.length > mostVariants)
      return {
        cells: [],
        diagnostics: [
          diagnose('matrix-too-large', key, {
            message: `The matrix has more than ${mostVariants} variants`,
            fix: { hint: 'remove values, or make several recipes that extend one' },
          }),
        ],
      }
    if (values.length > 0) cells = cells.flatMap(cell => values.map(item => new Map(cell).set(axis, item)))
  }
  return { cells, diagnostics }
}

/** The parameters of one variant: those of the recipe, replaced by those of the cell. */
export function cellParameters(parameters: Parameters, cell: Cell): Parameters {
  const own = [...cell].map(([axis, value]): [string, LocatedScalar] => {
    const replaced = parameters.get(axis)
    return [axis, replaced ? { ...value, replaced } : value]
  })
  return new Map([...parameters, ...own])
}

/** `width=64,seed=1`: the values of some axes, in the order of the matrix. */
export function cellLabel(cell: Cell, axes: (axis: string) => boolean = () => true): string {
  return [...cell]
    .filter(([axis]) => axes(axis))
    .map(([axis, { value }]) => `${axis}=${String(value)}`)
    .join(',')
}
