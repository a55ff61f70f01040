/** Checks of what a curriculum shows a model, and in which order. */

import { type Diagnostic, diagnose } from '../diagnostics/diagnostic.ts'
import type { FilledRecipe } from '../kinds/filled.ts'
import { filterKind, filterKinds, sourceKind } from '../kinds/registry.ts'
import { phaseData } from '../kinds/train/train.ts'
import { originOf } from './datasets.ts'
import { type Checked, keyAt, spanAt, splitReference } from './names.ts'

/**
 * Warnings: phases that go back to less filtered data, crawled data that may hold what is evaluated on, and images that
 * are smaller than the model looks at.
 */
export function checkCurriculum(checked: Checked): readonly Diagnostic[] {
  return [...checkOrder(checked), ...checkDecontamination(checked), ...checkResolution(checked)]
}

/** A dataset of a phase, and where the recipe names it. */
interface Shown {
  readonly phase: number
  readonly dataset: string
  /** Looked up where there is something to tell. */
  readonly span: () => Diagnostic['span']
}

function shownBy(checked: Checked, name: string): readonly Shown[] {
  const phases = checked.recipe.train[name]?.phases ?? []
  return phases.flatMap((phase, index) =>
    phaseData(phase, index).map(({ at, text, isKey = false }) => ({
      phase: index,
      dataset: splitReference(text).name,
      span: () => (isKey ? keyAt : spanAt)(checked, ['train', name, ...at]),
    })),
  )
}

/** A dataset and what it was filtered from, down to its source. References hold. */
function lineage(recipe: FilledRecipe, dataset: string): readonly string[] {
  const filter = Object.hasOwn(recipe.filters, dataset) ? recipe.filters[dataset] : undefined
  return filter === undefined ? [dataset] : [dataset, ...lineage(recipe, splitReference(filter.from).name)]
}

/** Broad and noisy first, clean last: what was filtered out is not shown again after what was kept. */
function checkOrder(checked: Checked): readonly Diagnostic[] {
  const { recipe } = checked
  return Object.entries(recipe.train).flatMap(([name, { phases }]) => {
    const shown = shownBy(checked, name)
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
  const told = new Set<string>()
  return Object.entries(recipe.evaluate).flatMap(([evaluation, { model, data }]) =>
    trainsBehind(recipe, model).flatMap(train =>
      shownBy(checked, train).flatMap(({ dataset, span }) => {
        const { source } = originOf(recipe, dataset)
        const origin = source === undefined ? undefined : recipe.sources[source]
        const isCrawled = origin !== undefined && sourceKind(origin).isCrawled === true
        const identity = JSON.stringify([dataset, data])
        if (!isCrawled || told.has(identity) || isDecontaminated(recipe, dataset, data)) return []
        told.add(identity)
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
  const told = new Set<string>()
  return Object.entries(recipe.train).flatMap(([name, { model }]) =>
    shownBy(checked, name).flatMap(({ dataset, span }) => {
      const { source = '' } = originOf(recipe, dataset)
      const stored = recipe.sources[source]?.tile_size ?? Number.POSITIVE_INFINITY
      const size = recipe.models[model]?.image_size ?? 0
      const identity = JSON.stringify([source, model])
      if (stored >= size || told.has(identity)) return []
      told.add(identity)
      return [
        diagnose('shape-mismatch', span(), {
          severity: 'warning',
          message: `'${model}' looks at images of ${size} pixels, and '${source}' stores ${stored}: they would be enlarged`,
          related: [{ span: spanAt(checked, ['sources', source, 'tile_size']), message: 'stored so here' }],
          fix: { hint: `raise 'tile_size' of '${source}' to ${size}, or lower 'image_size' of '${model}'` },
        }),
      ]
    }),
  )
}

/** The training run behind a model, through distillation. */
function trainsBehind(recipe: FilledRecipe, model: string): readonly string[] {
  const { name } = splitReference(model)
  const distill = Object.hasOwn(recipe.distill, name) ? recipe.distill[name] : undefined
  return distill ? trainsBehind(recipe, distill.model) : Object.hasOwn(recipe.train, name) ? [name] : []
}

/** Whether a filter on the way to a dataset drops what is like an evaluation set, or like all that it is part of. */
function isDecontaminated(recipe: FilledRecipe, dataset: string, evaluated: string): boolean {
  return lineage(recipe, dataset).some(name => {
    const filter = Object.hasOwn(recipe.filters, name) ? recipe.filters[name] : undefined
    const datasets = filter && filterKind(filter).decontaminates?.datasets(filter)
    return datasets?.some(against => against === evaluated || against === splitReference(evaluated).name) === true
  })
}

function decontaminationHint(dataset: string, evaluated: string): string {
  const found = filterKinds.find(({ decontaminates }) => decontaminates !== undefined)
  return `train on a '${found?.kind}' filter of '${dataset}' with '${evaluated}' under '${found?.decontaminates?.field}'`
}
