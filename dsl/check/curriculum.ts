/** Checks of the data of a curriculum, and of its order. */

import { type Diagnostic, diagnose } from '../diagnostics/diagnostic.ts'
import type { FilledRecipe } from '../kinds/filled.ts'
import { filterKind, filterKinds, sourceKind } from '../kinds/registry.ts'
import { phaseData } from '../kinds/train/train.ts'
import { originsOf } from './datasets.ts'
import { type Checked, filteredBy, keyAt, spanAt, splitReference } from './names.ts'

/**
 * Warnings: phases that go back to less filtered data, crawled data that may hold what is evaluated on, and images that
 * are smaller than the model looks at.
 */
export function checkCurriculum(checked: Checked): readonly Diagnostic[] {
  return [...checkOrder(checked), ...checkDecontamination(checked), ...checkResolution(checked)]
}

/** A dataset of a phase, and where the recipe names it. */
interface PhaseDataset {
  readonly phase: number
  readonly dataset: string
  /** Looked up only if there is a fault. */
  readonly span: () => Diagnostic['span']
}

function phaseDatasets(checked: Checked, name: string): readonly PhaseDataset[] {
  const phases = checked.recipe.train[name]?.phases ?? []
  return phases.flatMap((phase, index) =>
    phaseData(phase, index).map(({ at, text, isKey = false }) => ({
      phase: index,
      dataset: splitReference(text).name,
      span: () => (isKey ? keyAt : spanAt)(checked, ['train', name, ...at]),
    })),
  )
}

/** A dataset and what it was filtered from, down to its source. References must be valid. */
function lineage(recipe: FilledRecipe, dataset: string): readonly string[] {
  const filter = Object.hasOwn(recipe.filters, dataset) ? recipe.filters[dataset] : undefined
  const from = filter === undefined ? [] : filteredBy(filter)
  return [dataset, ...from.flatMap(({ text }) => lineage(recipe, splitReference(text).name))]
}

/** Broad and noisy data first, clean data last: no phase uses a dataset after one that is filtered from it. */
function checkOrder(checked: Checked): readonly Diagnostic[] {
  const { recipe } = checked
  return Object.entries(recipe.train).flatMap(([name, { phases }]) => {
    const shown = phaseDatasets(checked, name)
    return shown.flatMap(later => {
      const earlier = shown.find(
        ({ phase, dataset }) =>
          phase < later.phase && dataset !== later.dataset && lineage(recipe, dataset).includes(later.dataset),
      )
      if (earlier === undefined) return []
      return [
        diagnose('curriculum-order', later.span(), {
          severity: 'warning',
          message: `'${phases[later.phase]?.name}' goes back to '${later.dataset}' after '${earlier.dataset}', which is filtered from it`,
          related: [{ span: earlier.span(), message: 'filtered data was shown here' }],
          fix: { hint: 'show the broader dataset first: what comes last counts most' },
        }),
      ]
    })
  })
}

/** Crawled data that trains a model is decontaminated against every dataset that the model is evaluated on. */
function checkDecontamination(checked: Checked): readonly Diagnostic[] {
  const { recipe } = checked
  const reported = new Set<string>()
  return Object.entries(recipe.evaluate).flatMap(([evaluation, { model, data }]) =>
    trainsBehind(recipe, model).flatMap(train =>
      phaseDatasets(checked, train).flatMap(({ dataset, span }) => {
        const identity = JSON.stringify([dataset, data])
        if (reported.has(identity) || !holdsCrawled(recipe, dataset, data)) return []
        reported.add(identity)
        return [
          diagnose('not-decontaminated', span(), {
            severity: 'warning',
            message: `'${dataset}' is crawled and may hold images of '${data}', which '${evaluation}' measures on`,
            related: [{ span: spanAt(checked, ['evaluate', evaluation, 'data']), message: 'evaluated on here' }],
            fix: { hint: decontaminationHint(dataset, data) },
          }),
        ]
      }),
    ),
  )
}

/** Stored images are at least as large as the model's. */
function checkResolution(checked: Checked): readonly Diagnostic[] {
  const { recipe } = checked
  const reported = new Set<string>()
  return Object.entries(recipe.train).flatMap(([name, { model }]) =>
    phaseDatasets(checked, name).flatMap(({ dataset, span }) =>
      originsOf(recipe, dataset).flatMap(({ source }) => {
        const stored = recipe.sources[source]?.tile_size ?? Number.POSITIVE_INFINITY
        const size = recipe.models[model]?.image_size ?? 0
        const identity = JSON.stringify([source, model])
        if (stored >= size || reported.has(identity)) return []
        reported.add(identity)
        return [
          diagnose('shape-mismatch', span(), {
            severity: 'warning',
            message: `'${model}' looks at images of ${size} pixels, and '${source}' stores ${stored}: they would be enlarged`,
            related: [{ span: spanAt(checked, ['sources', source, 'tile_size']), message: 'stored so here' }],
            fix: { hint: `raise 'tile_size' of '${source}' to ${size}, or lower 'image_size' of '${model}'` },
          }),
        ]
      }),
    ),
  )
}

/** The training run behind a model, through distillation. */
function trainsBehind(recipe: FilledRecipe, model: string): readonly string[] {
  const { name } = splitReference(model)
  const distill = Object.hasOwn(recipe.distill, name) ? recipe.distill[name] : undefined
  return distill ? trainsBehind(recipe, distill.model) : Object.hasOwn(recipe.train, name) ? [name] : []
}

/** True if crawled images reach a dataset by a way on which no filter drops those of an evaluated split or dataset. */
function holdsCrawled(recipe: FilledRecipe, dataset: string, evaluated: string): boolean {
  const source = Object.hasOwn(recipe.sources, dataset) ? recipe.sources[dataset] : undefined
  if (source !== undefined) return sourceKind(source).isCrawled === true
  const filter = Object.hasOwn(recipe.filters, dataset) ? recipe.filters[dataset] : undefined
  if (filter === undefined) return false
  const against = filterKind(filter).decontaminates?.datasets(filter) ?? []
  if (against.some(one => one === evaluated || one === splitReference(evaluated).name)) return false
  return filteredBy(filter).some(({ text }) => holdsCrawled(recipe, splitReference(text).name, evaluated))
}

function decontaminationHint(dataset: string, evaluated: string): string {
  const found = filterKinds.find(({ decontaminates }) => decontaminates !== undefined)
  return `train on a '${found?.kind}' filter of '${dataset}' with '${evaluated}' under '${found?.decontaminates?.field}'`
}
