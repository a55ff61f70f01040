/** Checks that datasets have the annotations and masks that entries need of them. */
import { type Diagnostic, diagnose, replaceWith } from '../diagnostics/diagnostic.ts'
import { suggest } from '../diagnostics/suggest.ts'
import type { DataNeed } from '../kinds/definition.ts'
import type { FilledRecipe } from '../kinds/filled.ts'
import { sourceKind } from '../kinds/registry.ts'
import { originOf } from './datasets.ts'
import { type DefinedEntry, definedEntries } from './entries.ts'
import { type Checked, keyAt, spanAt } from './names.ts'

/** One diagnostic for each annotation or mask that the source of a dataset does not provide. References must be valid. */
export const checkAnnotations = (checked: Checked): readonly Diagnostic[] =>
  definedEntries(checked.recipe).flatMap(({ path, dataNeeds }) => checkNeeds(checked, path, dataNeeds()))

function checkNeeds(checked: Checked, entry: DefinedEntry['path'], needs: readonly DataNeed[]): readonly Diagnostic[] {
  const [, user] = entry
  return needs.flatMap(need => {
    const { name, provided } = providedBy(checked.recipe, need.dataset)
    if (provided === undefined) return []
    const path = [...entry, ...need.at]
    if ('mask' in need) {
      const { masks } = provided
      if (masks === undefined || masks.includes(need.mask)) return []
      const span = keyAt(checked, path)
      const others = masks.length === 0 ? 'it has no masks' : `its masks are ${masks.join(', ')}`
      return [
        diagnose('missing-annotation', span, {
          message: `'${user}' needs a mask '${need.mask}' of '${name}', and ${others}`,
          ...replaceWith(span, suggest(need.mask, masks), {
            otherwise: masks.length === 0 ? 'measure on a dataset with masks' : `name one of ${masks.join(', ')}`,
          }),
        }),
      ]
    }
    const hint = provided.lacks[need.annotation]
    if (hint === undefined) return []
    return [
      diagnose('missing-annotation', spanAt(checked, path), {
        message: `'${user}' needs ${need.annotation}, and '${name}' has none`,
        fix: { hint },
      }),
    ]
  })
}

/** The source of a dataset, and the annotations and masks that it provides. */
function providedBy(recipe: FilledRecipe, dataset: string) {
  const { source: name = '' } = originOf(recipe, dataset)
  const source = Object.hasOwn(recipe.sources, name) ? recipe.sources[name] : undefined
  return { name, provided: source && sourceKind(source).provides(source) }
}
