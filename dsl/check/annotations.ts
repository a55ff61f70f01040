/** Checks that datasets have the annotations and masks that entries need of them. */
import { type Diagnostic, diagnose, replaceWith } from '../diagnostics/diagnostic.ts'
import { suggest } from '../diagnostics/suggest.ts'
import type { DataNeed } from '../kinds/definition.ts'
import type { FilledRecipe } from '../kinds/filled.ts'
import { sourceKind } from '../kinds/registry.ts'
import { originsOf } from './datasets.ts'
import { type DefinedEntry, definedEntries } from './entries.ts'
import { type Checked, keyAt, spanAt } from './names.ts'

/** One diagnostic for each annotation or mask that the source of a dataset does not provide. References must be valid. */
export const checkAnnotations = (checked: Checked): readonly Diagnostic[] =>
  definedEntries(checked.recipe).flatMap(({ path, dataNeeds }) => checkNeeds(checked, path, dataNeeds()))

function checkNeeds(checked: Checked, entry: DefinedEntry['path'], needs: readonly DataNeed[]): readonly Diagnostic[] {
  const [, user] = entry
  return needs.flatMap(need => {
    const sources = sourcesOf(checked.recipe, need.dataset)
    const path = [...entry, ...need.at]
    if ('mask' in need) {
      // An image without the mask fails the stage, so every source has it.
      const lacking = sources.find(({ provided: { masks } }) => masks?.includes(need.mask) === false)
      if (lacking === undefined) return []
      const { name, provided } = lacking
      const masks = provided.masks ?? []
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
    // Human labels are needed of some samples only: those of one source may train the classifier of the others.
    const lacking = sources.filter(({ provided }) => provided.lacks[need.annotation] !== undefined)
    const isMet = need.annotation === 'human labels' ? lacking.length < sources.length : lacking.length === 0
    const [first] = lacking
    const hint = first?.provided.lacks[need.annotation]
    if (isMet || first === undefined || hint === undefined) return []
    return [
      diagnose('missing-annotation', spanAt(checked, path), {
        message: `'${user}' needs ${need.annotation}, and '${first.name}' has none`,
        fix: { hint },
      }),
    ]
  })
}

/** The sources of a dataset, and the annotations and masks that they provide. */
function sourcesOf(recipe: FilledRecipe, dataset: string) {
  const names = new Set(originsOf(recipe, dataset).map(({ source }) => source))
  return [...names].flatMap(name => {
    const source = Object.hasOwn(recipe.sources, name) ? recipe.sources[name] : undefined
    return source === undefined ? [] : [{ name, provided: sourceKind(source).provides(source) }]
  })
}
