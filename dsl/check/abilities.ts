/** Checks that models can do what is asked of them. */
import { type Diagnostic, diagnose } from '../diagnostics/diagnostic.ts'
import type { Ability } from '../kinds/definition.ts'
import { distill, evaluationKind, modelKind, modelKinds } from '../kinds/registry.ts'
import type { ValuePath } from '../values/located.ts'
import { findingDiagnostics } from './entries.ts'
import { architectureOf, type Checked, spanAt } from './names.ts'

/** One diagnostic for each weights file of a format that is not read, and for each task that a model has no part for. */
export function checkAbilities(checked: Checked): readonly Diagnostic[] {
  return [...checkFiles(checked), ...checkCaptioning(checked), ...checkUses(checked)]
}

function checkFiles(checked: Checked): readonly Diagnostic[] {
  return Object.entries(checked.recipe.models).flatMap(([name, model]) =>
    findingDiagnostics(checked, ['models', name], modelKind(model).checkFiles?.(model) ?? []),
  )
}

/** A captioning loss needs a decoder. */
function checkCaptioning(checked: Checked): readonly Diagnostic[] {
  const { recipe } = checked
  return Object.entries(recipe.train).flatMap(([name, { model, caption_weight }]) => {
    const architecture = recipe.models[model]
    const lack = architecture && modelKind(architecture).lacks.captions
    if (lack === undefined || caption_weight === 0) return []
    return [
      diagnose('wrong-kind', spanAt(checked, ['train', name, 'caption_weight']), {
        message: `'${model}' is ${lack} for a captioning loss, and 'caption_weight' is ${caption_weight}`,
        fix: { hint: "write 'caption_weight: 0'" },
      }),
    ]
  })
}

/** The part of a model that a use needs. */
const requirements: { readonly [ability in Ability]: string } = {
  captions: 'captioning needs a decoder',
  maps: 'localisation needs attention pooling',
}

/** Entries that use a trained model. */
interface ModelUse {
  readonly model: string
  readonly path: ValuePath
  readonly needs: readonly Ability[]
}

function checkUses(checked: Checked): readonly Diagnostic[] {
  const { recipe } = checked
  const uses: readonly ModelUse[] = [
    ...Object.entries(recipe.distill).map(([name, { model }]) => ({
      model,
      path: ['distill', name, 'model'],
      needs: distill.needs,
    })),
    ...Object.entries(recipe.evaluate).map(([name, entry]) => ({
      model: entry.model,
      path: ['evaluate', name, 'model'],
      needs: evaluationKind(entry).needs ?? [],
    })),
  ]
  return uses.flatMap(({ model, path, needs }) => {
    const architecture = architectureOf(recipe, model)
    if (architecture === undefined) return []
    const { lacks } = modelKind(architecture)
    return needs.flatMap(ability => {
      const lack = lacks[ability]
      if (lack === undefined) return []
      const able = modelKinds.filter(kind => kind.lacks[ability] === undefined).map(({ kind }) => kind)
      return [
        diagnose('wrong-kind', spanAt(checked, path), {
          message: `'${model}' is ${lack}; ${requirements[ability]}`,
          fix: { hint: `name a model that is trained from a ${able.join(' or ')}` },
        }),
      ]
    })
  })
}
