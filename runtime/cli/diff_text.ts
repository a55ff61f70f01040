/** A comparison of two recipes in words: what was written first, then what follows from it. */
import type { Change, Rerun } from '../../dsl/compile/changes.ts'
import type { RecipeChange } from '../../dsl/compile/recipe_changes.ts'
import type { ClaimChange, Comparison, MetricChange } from '../app/compare.ts'
import { formatMetric, formatNumber } from '../report/numbers.ts'
import { alignColumns } from '../report/table.ts'
import { plainText } from './plain_text.ts'
import type { Paint } from './terminal.ts'

type Lines = readonly string[]

/** The lines; empty where nothing differs. None is cut: a terminal wraps them. */
export function comparisonLines(comparison: Comparison, paint: Paint): Lines {
  const blocks = [
    changeLines(comparison.changes, paint),
    rerunLines(comparison, paint),
    metricLines(comparison, paint),
    claimLines(comparison.claims, paint),
    noteLines(comparison, paint),
  ]
  return blocks.filter(lines => lines.length > 0).flatMap((lines, index) => [...(index === 0 ? [] : ['']), ...lines])
}

function changeLines(changes: readonly RecipeChange[], paint: Paint): Lines {
  const rows = changes.map(({ kind, path, before, after, delta, places }) => {
    if (kind === 'added') return [paint('good', `+ ${path}`), paint('good', after ?? '')]
    if (kind === 'removed') return [paint('bad', `- ${path}`), paint('bad', before ?? '')]
    const where = places.length === 0 ? '' : paint('quiet', `in ${places.join(', ')}`)
    const values = `${paint('bad', before ?? '')} -> ${paint('good', after ?? '')}`
    return [`${paint('active', '~')} ${path}`, [values, delta && `(${delta})`, where].filter(Boolean).join('  ')]
  })
  return alignColumns(rows)
}

function rerunLines({ reruns, gone, total }: Comparison, paint: Paint): Lines {
  if (reruns.length === 0 && gone.length === 0) return []
  const roots = reruns.filter(({ own }) => own.length > 0)
  const others = reruns.filter(({ own }) => own.length === 0)
  const rows = roots.map(rerun => [`  ${rerun.stage.id}`, causeText(rerun, paint)])
  return [
    paint('strong', `Runs again: ${reruns.length} of ${total} stages`),
    ...alignColumns(rows),
    ...(others.length === 0
      ? []
      : [`  ${paint('quiet', 'and what is made from them:')} ${others.map(({ stage }) => stage.id).join(', ')}`]),
    ...(gone.length === 0 ? [] : [`  ${paint('quiet', 'no more:')} ${gone.join(', ')}`]),
  ]
}

function causeText({ own, through }: Rerun, paint: Paint): string {
  const isNew = own.some(({ kind }) => kind === 'stage')
  const causes = isNew ? ['new'] : own.map(changeText)
  const shown = causes.length > 4 ? [...causes.slice(0, 3), `${causes.length - 3} more`] : causes
  const via = through.length === 0 || isNew ? '' : paint('quiet', `; through ${through.join(', ')}`)
  return `${shown.join(', ')}${via}`
}

/** `samples 36000 -> 48000`; long values are left to the list of what was written. */
function changeText({ kind, name, file = name, before, after }: Change): string {
  if (kind === 'file') return before === undefined ? `reads ${file}` : `file ${file} has changed`
  const what = [kind === 'parameter' ? '' : kind, name].filter(part => part !== '').join(' ')
  const [old, now] = [before, after].map(value => (value === undefined ? 'none' : plainText(value)))
  const values = `${old} -> ${now}`
  return values.length > 40 ? what : `${what} ${values}`
}

function metricLines({ metrics }: Comparison, paint: Paint): Lines {
  if (metrics.length === 0) return []
  const shown = metrics.filter(({ claims, isEvaluated }) => claims.length > 0 || isEvaluated)
  const rows = (shown.length === 0 ? metrics : shown).map(change => metricRow(change, paint))
  const hidden = metrics.length - rows.length
  return [
    paint('strong', 'Metrics'),
    ...alignColumns(rows),
    ...(hidden === 0 ? [] : [paint('quiet', `  and ${hidden} that nothing claims or evaluates; --json has them`)]),
  ]
}

function metricRow({ stage, metric, before, after, claims }: MetricChange, paint: Paint): readonly string[] {
  const by = after - before
  const show = telling(before, after)
  const percent = before === 0 ? '' : `, ${signed(`${((Math.abs(by) / Math.abs(before)) * 100).toFixed(1)} %`, by)}`
  return [
    `  ${stage}.${metric}`,
    `${show(before)} -> ${show(after)}`,
    `(${signed(show(Math.abs(by)), by)}${percent})`,
    claims.length === 0 ? '' : paint('quiet', `claimed by ${claims.join(', ')}`),
  ]
}

/** Prints numbers with as many decimals, two at least, as tell the two apart. */
function telling(before: number, after: number): (value: number) => string {
  if (Number.isInteger(before) && Number.isInteger(after)) return formatNumber
  const decimals = Math.min(8, Math.max(2, 1 - Math.floor(Math.log10(Math.abs(after - before)))))
  return value => value.toFixed(decimals).replace('-', '\u2212')
}

const signed = (text: string, by: number): string => `${by < 0 ? '\u2212' : '+'}${text}`

function claimLines(claims: readonly ClaimChange[], paint: Paint): Lines {
  const [open, turned] = [isOpen, (claim: ClaimChange) => !isOpen(claim)].map(which => claims.filter(which))
  const rows = (turned ?? []).map(({ name, before, after }) => {
    const of = after ?? before
    const values = [before, after].flatMap(one =>
      one?.measured === undefined ? [] : formatMetric(one.claim.metric, one.measured),
    )
    const tone = after?.verdict === 'held' ? 'good' : after?.verdict === 'not held' ? 'bad' : 'active'
    return [
      `  ${name}`,
      `${before?.verdict ?? 'not claimed'} -> ${paint(tone, after?.verdict ?? 'not claimed')}`,
      values.join(' -> '),
      `expected ${of?.expected ?? ''}`,
      paint('quiet', of?.claim.origin ?? ''),
    ]
  })
  const waiting = (open ?? []).map(({ name }) => name)
  if (claims.length === 0) return []
  return [
    paint('strong', 'Claims'),
    ...alignColumns(rows),
    ...(waiting.length === 0 ? [] : [`  ${paint('active', 'not measured yet:')} ${waiting.join(', ')}`]),
  ]
}

/** True if a claim waits for a run. */
const isOpen = ({ after }: ClaimChange): boolean => after?.verdict === 'not measured'

function noteLines({ unmeasured, madeWith }: Comparison, paint: Paint): Lines {
  const made = madeWith.map(({ name, before, after }) => `${name} ${before} -> ${after}`)
  const notes = [
    ...(made.length === 0 ? [] : [`the locks were made with other versions: ${made.join(', ')}`]),
    ...(unmeasured.before.length === 0
      ? []
      : [`the first has not run since it changed: ${unmeasured.before.length} stages have no measure`]),
    ...(unmeasured.after.length === 0
      ? []
      : [`the second has not run since it changed: ${unmeasured.after.length} stages have no measure yet`]),
  ]
  return notes.map(note => `${paint('active', 'note:')} ${note}`)
}
