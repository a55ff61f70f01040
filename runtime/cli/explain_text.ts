/** Explanations of stages and values as lines of text. */

import { inputText, type Json, type OutlinedStage } from '../../dsl/compile/plan.ts'
import type { Provenance } from '../../dsl/compile/provenance.ts'
import { place } from '../../dsl/diagnostics/render.ts'
import { canonical } from '../../dsl/values/canonical.ts'
import { type Located, plain } from '../../dsl/values/located.ts'
import type { Explanation } from '../app/explain.ts'
import type { ExplainedChange, ExplainedParameter, LockRelation, StageExplanation } from '../app/explain_stage.ts'
import type { FieldExplanation, ValueExplanation } from '../app/explain_value.ts'
import { alignColumns } from '../report/table.ts'
import { plainText } from './plain_text.ts'

/** Longest text that a value is shown by. */
const widest = 80

/** The lines of an explanation. */
export function explanationLines(explanation: Explanation): readonly string[] {
  switch (explanation.kind) {
    case 'value':
      return valueLines(explanation)
    case 'field':
      return fieldLines(explanation)
    case 'stage':
      return stageLines(explanation)
  }
}

function valueLines({ path, origins }: ValueExplanation): readonly string[] {
  return origins.flatMap(origin => {
    const where = origins.length > 1 ? ` in ${short(origin.cells.join(' '))}` : ''
    return [
      `${path} = ${canonical(origin.value)}${where}`,
      `  ${sourceText(origin)}`,
      ...replacedLines(origin.replaced),
    ]
  })
}

function fieldLines({ path, meaning, removed }: FieldExplanation): readonly string[] {
  if (removed === undefined) return [`${path} is not given, and has no default`, `  ${meaning}`]
  return [`${path} is removed`, `  ${place(removed.by)}`, ...replacedLines(removed.values)]
}

const replacedLines = (replaced: readonly Located[]): readonly string[] =>
  replaced.map(node => `  instead of ${written(node)} at ${place(node.span)}`)

/** The place of a value, in words. */
function sourceText({ span, parameter, removed }: Provenance): string {
  if (removed !== undefined) return `default, because of null at ${place(removed)}`
  if (span === undefined) return 'default'
  return parameter ? `${place(span)}, inserted from ${place(parameter.span)}` : place(span)
}

const short = (text: string): string => (text.length > widest ? `${text.slice(0, widest)} ...` : text)

/** A scalar as it was written, anything else in canonical form. */
const written = (node: Located): string =>
  short(node.kind === 'scalar' ? node.span.source.text.slice(node.span.start, node.span.end) : canonical(plain(node)))

/** The lines on a stage. */
export function stageLines(explanation: StageExplanation): readonly string[] {
  const { stage, inputs, parameters, settings } = explanation
  return [
    `${stage.id} (${stage.kind}, version ${stage.version})`,
    ...stateLines(explanation),
    ...lockLines(stage, explanation.lock),
    ...section(
      'inputs',
      inputs.map(({ role, input, key, state }) => [role, inputText(input), key?.slice(0, 8) ?? '', state]),
    ),
    ...section(
      'files',
      stage.externals.map(({ role, name, sha256 }) => [role, name, sha256?.slice(0, 8) ?? 'not here']),
    ),
    ...section('parameters', parameters.map(parameterRow)),
    ...section('settings, which are no part of the key', settings.map(parameterRow)),
  ]
}

function stateLines({ stage: { key, absent = [] }, state, result }: StageExplanation): readonly string[] {
  if (key === undefined)
    return [
      `  key     not known here: it waits for ${absent.map(name => `'${name}'`).join(', ')}`,
      `  state   ${state}`,
    ]
  return [
    `  key     ${key}`,
    `  state   ${result ? `cached in ${result.folder}` : 'to run: no result of this key is stored'}`,
  ]
}

const section = (title: string, rows: readonly (readonly string[])[]): readonly string[] =>
  rows.length === 0 ? [] : [`  ${title}`, ...alignColumns(rows).map(line => `    ${line}`)]

const parameterRow = ({ path, value, source }: ExplainedParameter): readonly string[] => [
  path.join('.'),
  canonical(value),
  source ? sourceText(source) : '',
]

function lockLines(stage: OutlinedStage, lock: LockRelation): readonly string[] {
  const { file } = lock
  if (lock.state !== 'compared')
    return [`  lock    ${lock.state === 'missing' ? `no ${file} yet; a finished run writes it` : `${file} is no lock`}`]
  if (lock.changes.length > 0)
    return [
      `  lock    the key is not that in ${file}, because`,
      ...lock.changes.map(change => `    ${changeText(change, stage)}`),
    ]
  if (stage.key === undefined) return [`  lock    as in ${file}, as far as its data is here`]
  return [`  lock    the key is that in ${file}: nothing it depends on has changed`]
}

function changeText(change: ExplainedChange, of: OutlinedStage): string {
  const where = change.stage === of ? '' : `${change.stage.id}: `
  if (change.kind === 'stage') return `${where}the stage '${change.stage.id}' is new`
  if (change.kind === 'scheme')
    return `the key scheme was ${change.before}, is ${change.after}: where files lie is no part of keys any more`
  const { name, file = name } = change
  const what = `${where}${change.kind}${file === '' ? '' : ` '${file}'`}`
  const show = (value: Json): string => (change.kind === 'file' ? String(value).slice(0, 8) : plainText(value))
  if (change.after === undefined) return `${what} is gone`
  if (change.before === undefined) return `${what} is new: ${show(change.after)}`
  return `${what} was ${show(change.before)}, is ${show(change.after)}${change.source ? ` (${sourceText(change.source)})` : ''}`
}
