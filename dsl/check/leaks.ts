/** Checks that nothing is evaluated on what it was trained on or stopped by, nor stopped by what it was trained on. */

import { type Diagnostic, diagnose, replaceWith } from '../diagnostics/diagnostic.ts'
import type { FilledRecipe } from '../kinds/filled.ts'
import { evaluationKind } from '../kinds/registry.ts'
import { phaseData } from '../kinds/train/train.ts'
import type { ValuePath } from '../values/located.ts'
import { originsOf, splitsOf, trainingSplit } from './datasets.ts'
import { shareImages } from './materials.ts'
import { type Checked, keyAt, spanAt, splitReference } from './names.ts'

/** The exposure of a model to data: a split of a source (undefined: all of it), and the path that names it. */
interface Exposure {
  /** `trained` if the data changed the weights, `stopped` if it chose when training stops. */
  readonly as: 'trained' | 'stopped'
  readonly source: string
  readonly split: string | undefined
  readonly path: ValuePath
  readonly isKey: boolean
}

/**
 * One diagnostic for each evaluation on data that its model was trained or stopped on, and for each phase that is stopped
 * by data that it was trained on. References must be valid.
 */
export function checkLeaks(checked: Checked): readonly Diagnostic[] {
  return [...checkStopping(checked), ...checkEvaluations(checked)]
}

const verbs = { trained: 'trained on', stopped: 'stopped by' } as const
const notes = { trained: 'trained on here', stopped: 'stops it here' } as const

/** Phases are stopped by data that neither they nor those before were trained on. */
function checkStopping(checked: Checked): readonly Diagnostic[] {
  const { recipe } = checked
  return Object.entries(recipe.train).flatMap(([name, { phases }]) =>
    phases.flatMap(({ name: phase, stop_early }, index) => {
      if (stop_early === undefined) return []
      const held = originsOf(recipe, stop_early.data)
      const leak = exposuresOf(recipe, `${name}.${phase}`).find(
        exposure => exposure.as === 'trained' && held.some(origin => shareImages(recipe.sources, exposure, origin)),
      )
      if (leak === undefined) return []
      const span = spanAt(checked, ['train', name, 'phases', index, 'stop_early', 'data'])
      const base = splitReference(stop_early.data).name
      const heldOut = splitsOf(recipe, base).find(other => other === 'val' && other !== leak.split)
      return [
        diagnose('leaking-split', span, {
          message: `'${phase}' is stopped by '${stop_early.data}', which it was trained on`,
          related: [{ span: (leak.isKey ? keyAt : spanAt)(checked, leak.path), message: 'trained on here' }],
          ...replaceWith(span, heldOut && `${base}.${heldOut}`, { otherwise: 'stop by data that training never sees' }),
        }),
      ]
    }),
  )
}

function checkEvaluations(checked: Checked): readonly Diagnostic[] {
  const { recipe } = checked
  return Object.entries(recipe.evaluate).flatMap(([name, evaluation]) => {
    const { model, data } = evaluation
    const measured = originsOf(recipe, data)
    const learnt = (evaluationKind(evaluation).learnsFrom?.(evaluation) ?? []).flatMap(({ at, text }) =>
      trainingExposure(recipe, text, ['evaluate', name, ...at]),
    )
    const isLeak = (exposure: Exposure) => measured.some(origin => shareImages(recipe.sources, exposure, origin))
    const leak = learnt.find(isLeak) ?? exposuresOf(recipe, model).find(isLeak)
    if (leak === undefined) return []
    const learner = leak.path[0] === 'evaluate' ? name : model
    const origin = measured.find(({ source }) => source === leak.source)
    if (origin === undefined) return [leakOfSameFiles(checked, name, { ...leak, learner })]
    const span = spanAt(checked, ['evaluate', name, 'data'])
    const base = splitReference(data).name
    const heldOut = splitsOf(recipe, base).find(other => other === 'test' && other !== leak.split)
    return [
      diagnose('leaking-split', span, {
        message: `'${learner}' was ${verbs[leak.as]} '${data}'${origin.split === undefined && leak.split ? `, which holds '${leak.source}.${leak.split}'` : ''}`,
        related: [{ span: (leak.isKey ? keyAt : spanAt)(checked, leak.path), message: notes[leak.as] }],
        ...replaceWith(span, heldOut && `${base}.${heldOut}`, {
          otherwise: 'evaluate on data that training never sees',
        }),
      }),
    ]
  })
}

function leakOfSameFiles(
  checked: Checked,
  evaluation: string,
  leak: Exposure & { readonly learner: string },
): Diagnostic {
  const entry = checked.recipe.evaluate[evaluation]
  return diagnose('leaking-split', spanAt(checked, ['evaluate', evaluation, 'data']), {
    message: `'${leak.learner}' was ${verbs[leak.as]} '${leak.source}', which is made of the same files as '${entry?.data}'`,
    related: [{ span: (leak.isKey ? keyAt : spanAt)(checked, leak.path), message: notes[leak.as] }],
    fix: {
      hint: "use one source for both, or give both the same 'split' and evaluate on a split that is not trained on",
    },
  })
}

/** The data that a trained model, and the models it starts from, were trained or stopped on. */
function exposuresOf(recipe: FilledRecipe, model: string): readonly Exposure[] {
  const { name, part } = splitReference(model)
  const distill = Object.hasOwn(recipe.distill, name) ? recipe.distill[name] : undefined
  if (distill)
    return [...exposuresOf(recipe, distill.model), ...trainingExposure(recipe, distill.data, ['distill', name, 'data'])]
  const phases = recipe.train[name]?.phases ?? []
  const last = part === undefined ? phases.length - 1 : phases.findIndex(phase => phase.name === part)
  return phases.slice(0, last + 1).flatMap((phase, index) => {
    const { stop_early } = phase
    const trained = phaseData(phase, index).flatMap(({ at, text, weight, isKey }) =>
      weight > 0 ? trainingExposure(recipe, text, ['train', name, ...at], isKey) : [],
    )
    const path = ['train', name, 'phases', index, 'stop_early', 'data']
    return [...trained, ...(stop_early ? stoppingExposure(recipe, stop_early.data, path) : [])]
  })
}

function trainingExposure(recipe: FilledRecipe, dataset: string, path: ValuePath, isKey = false): readonly Exposure[] {
  const split = trainingSplit(recipe, dataset)
  const read = split === undefined ? dataset : `${splitReference(dataset).name}.${split}`
  return originsOf(recipe, read).map(origin => ({ as: 'trained', split: undefined, ...origin, path, isKey }))
}

function stoppingExposure(recipe: FilledRecipe, dataset: string, path: ValuePath): readonly Exposure[] {
  return originsOf(recipe, dataset).map(origin => ({
    as: 'stopped',
    split: undefined,
    ...origin,
    path,
    isKey: false,
  }))
}
