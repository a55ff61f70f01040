/** The contributions of units to measures of localisation, and these as functions of their sums. */
import type { Contributions, UnitOptions } from './intervals.ts'
import {
  type ConceptScore,
  type LocalisationScores,
  localisationChance,
  localisationMetrics,
  scoreSteps,
} from './localisation.ts'
import { byTieRule } from './ties.ts'
import { collectUnits, totalsOf } from './unit_sums.ts'

/** Sums of a concept, before those of its steps. */
const sumNames = [
  'both',
  'predicted',
  'inside',
  'pixels',
  'imageIou',
  'masked',
  'hits',
  'pointed',
  'pointedShare',
] as const
const sumsOfConcept = sumNames.length + 2 * scoreSteps

type ConceptSums = { readonly [name in (typeof sumNames)[number]]: number }

/** The scores of a model, and of a baseline on the same images. */
export interface LocalisationInput extends UnitOptions {
  readonly scores: LocalisationScores
  readonly baseline?: LocalisationScores | undefined
}

/**
 * Measures of localisation, those of a random map and of a baseline, and the difference to it. Average precision is that of
 * pixels in {@link scoreSteps} steps, moved by as much as the exact one differs from it.
 */
export function localisationContributions({ scores, baseline, units, ties }: LocalisationInput): Contributions {
  const sides = baseline === undefined ? [scores] : [scores, baseline]
  const offsets = sides.flatMap(({ concepts }, side) =>
    concepts.map((_, concept) => (side * concepts.length + concept) * sumsOfConcept),
  )
  const collector = collectUnits(offsets.length * sumsOfConcept)
  for (const [at, { overlaps, hits, area, steps }] of sides.flatMap(({ images }) => images).entries()) {
    const offset = offsets[at] ?? 0
    for (const [image, { both, predicted, inside }] of overlaps.entries()) {
      const isMasked = inside > 0
      const isPointed = isMasked && inside < area
      const sums: ConceptSums = {
        ...{ both, predicted, inside, pixels: area },
        imageIou: isMasked ? both / (inside + predicted - both) : 0,
        masked: isMasked ? 1 : 0,
        hits: isPointed ? (hits[image]?.[ties] ?? 0) : 0,
        pointed: isPointed ? 1 : 0,
        pointedShare: isPointed ? inside / area : 0,
      }
      const unit = units[image] ?? ''
      for (const [part, name] of sumNames.entries()) collector.add(unit, offset + part, sums[name])
      for (let step = 0; step < 2 * scoreSteps; step++)
        collector.add(unit, offset + sumNames.length + step, steps[image * 2 * scoreSteps + step] ?? 0)
    }
  }
  const sums = collector.finish()
  const shiftOf = (side: LocalisationScores, totals: Float64Array, first: number) =>
    side.concepts.map((concept, at) => {
      const stepped = stepPrecision(totals, (offsets[first + at] ?? 0) + sumNames.length)
      return (concept.averagePrecision ?? 0) - (stepped ?? 0)
    })
  const whole = totalsOf(sums)
  const count = scores.concepts.length
  const shifts = sides.map((side, index) => shiftOf(side, whole, index * count))
  const measuresOf = (side: number, totals: Float64Array) =>
    scores.concepts.map(({ name }, concept): ConceptScore => {
      const offset = offsets[side * count + concept] ?? 0
      return conceptOf(name, totals, { offset, shift: shifts[side]?.[concept] ?? 0 })
    })
  const exact = { ties, show: (share: number) => 100 * share }
  return {
    sums,
    measures(totals) {
      const own = measuresOf(0, totals)
      const model = localisationMetrics(own, exact)
      const chance = localisationChance(own, exact.show).mean_iou
      if (baseline === undefined) return { ...model, chance_mean_iou: chance }
      const mask = localisationMetrics(measuresOf(1, totals), exact).mean_iou
      return {
        ...model,
        chance_mean_iou: chance,
        mean_mask_mean_iou: mask,
        mean_iou_over_mean_mask: (model.mean_iou ?? Number.NaN) - (mask ?? Number.NaN),
      }
    },
    most: Object.fromEntries(
      [...Object.keys(scores.metrics), 'chance_mean_iou', 'mean_mask_mean_iou'].map(name => [name, 100]),
    ),
  }
}

/** The scores of a concept from its sums. */
function conceptOf(
  name: string,
  totals: Float64Array,
  { offset, shift }: { readonly offset: number; readonly shift: number },
): ConceptScore {
  const of = (sum: (typeof sumNames)[number]): number => totals[offset + sumNames.indexOf(sum)] ?? 0
  const [both, union] = [of('both'), of('inside') + of('predicted') - of('both')]
  const precision = stepPrecision(totals, offset + sumNames.length)
  return {
    name,
    ...(union > 0 && { iou: both / union }),
    ...(of('masked') > 0 && { imageIou: of('imageIou') / of('masked') }),
    ...(of('pointed') > 0 && { pointing: byTieRule(() => of('hits') / of('pointed')) }),
    ...(precision !== undefined && { averagePrecision: Math.min(1, Math.max(0, precision + shift)) }),
    pointed: of('pointed'),
    predictedShare: of('predicted') / of('pixels'),
    maskShare: of('inside') / of('pixels'),
    pointedMaskShare: of('pointed') > 0 ? of('pointedShare') / of('pointed') : 0,
  }
}

/** Average precision of pixels that are counted by step: first those outside the mask, then those inside. */
function stepPrecision(totals: Float64Array, offset: number): number | undefined {
  let inside = 0
  for (let step = 0; step < scoreSteps; step++) inside += totals[offset + scoreSteps + step] ?? 0
  if (inside <= 0) return undefined
  let [right, seen, sum] = [0, 0, 0]
  for (let step = scoreSteps - 1; step >= 0; step--) {
    const found = totals[offset + scoreSteps + step] ?? 0
    right += found
    seen += found + (totals[offset + step] ?? 0)
    if (found > 0) sum += (found / inside) * (right / seen)
  }
  return sum
}
