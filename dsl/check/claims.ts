/** Checks that claims name a metric that is measured, and say what is expected of it. */
import { type Diagnostic, diagnose, replaceWith } from '../diagnostics/diagnostic.ts'
import { suggest } from '../diagnostics/suggest.ts'
import { createDependence } from './fault_places.ts'
import { measuredStages, splitMetric } from './metrics.ts'
import { type Checked, keyAt, spanAt } from './names.ts'

/** One diagnostic for each claim that cannot be judged. */
export function checkClaims(checked: Checked): readonly Diagnostic[] {
  const { recipe, gaps } = checked
  const isBroken = gaps && createDependence(recipe, gaps.broken)
  return Object.keys(recipe.claims)
    .filter(name => !isBroken?.(name))
    .flatMap(name => [
      ...checkMetric(checked, name, 'metric'),
      ...(recipe.claims[name]?.over === undefined ? [] : checkMetric(checked, name, 'over')),
      ...checkBounds(checked, name),
    ])
}

function checkMetric(checked: Checked, claim: string, field: 'metric' | 'over'): readonly Diagnostic[] {
  const { stage, metric } = splitMetric(checked.recipe.claims[claim]?.[field] ?? '')
  const span = spanAt(checked, ['claims', claim, field])
  const measured = measuredStages(checked.recipe)
  const found = measured.get(stage)
  if (found === undefined) {
    const near = suggest(stage, measured.keys())
    return [
      diagnose('unknown-reference', span, {
        message: `No stage '${stage}' is measured`,
        ...replaceWith(span, near && `${near}.${metric}`, {
          otherwise: `stages are ${[...measured.keys()].join(', ')}`,
        }),
      }),
    ]
  }
  if (found.metrics.includes(metric)) return []
  const near = suggest(metric, found.metrics)
  return [
    diagnose('unknown-metric', span, {
      message: `'${stage}' (${found.kind}) has no metric '${metric}'`,
      ...replaceWith(span, near && `${stage}.${near}`, { otherwise: `metrics are ${found.metrics.join(', ')}` }),
    }),
  ]
}

function checkBounds(checked: Checked, name: string): readonly Diagnostic[] {
  const claim = checked.recipe.claims[name]
  const given = (['expect', 'at_least', 'at_most'] as const).filter(bound => claim?.[bound] !== undefined)
  if (given.length === 1) return []
  const [, second] = given
  const span = second === undefined ? keyAt(checked, ['claims', name]) : keyAt(checked, ['claims', name, second])
  return [
    diagnose('claim-bounds', span, {
      message:
        given.length === 0
          ? `'${name}' expects nothing`
          : `'${name}' has ${given.map(bound => `'${bound}'`).join(' and ')}`,
      fix: { hint: "give one of 'expect' (with 'tolerance'), 'at_least' and 'at_most'" },
    }),
  ]
}
