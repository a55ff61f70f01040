/** Tables of differences from a lock. */
import type { LockFault, OutputFault } from '../../dsl/compile/lock_check.ts'
import type { Json } from '../../dsl/compile/plan.ts'
import { isRecord } from '../../dsl/values/json.ts'
import { formatNumber } from '../report/numbers.ts'
import { textTable } from '../report/table.ts'
import { plainText } from './plain_text.ts'
import type { Printing } from './terminal.ts'

/** Differences of the recipe from its lock: stage, what, before, now. */
export function lockFaultTable(faults: readonly LockFault[], { paint, width }: Printing): string {
  const rows = faults.map(({ stage, kind, name, file = name, before, after }) => [
    stage,
    [kind, file].filter(part => part !== '').join(' '),
    before === undefined ? paint('quiet', 'none') : paint('bad', valueText(kind, before)),
    after === undefined ? paint('quiet', 'none') : paint('good', kind === 'stage' ? 'new' : valueText(kind, after)),
  ])
  return textTable([{ title: 'Stage' }, { title: 'What' }, { title: 'Locked' }, { title: 'Recipe' }], rows, { width })
}

/** Results that are not as locked: the first of a chain first, and for the others through which input. */
export function outputFaultTable(faults: readonly OutputFault[], { paint, width }: Printing): string {
  const rows = faults.map(({ stage, kind, name, through, before, after }) => [
    stage,
    kind === 'output' ? 'output' : name,
    before === undefined ? paint('quiet', 'none') : resultText(kind, before),
    after === undefined ? paint('quiet', 'none') : paint('bad', resultText(kind, after)),
    kind === 'metric' ? change(before, after) : '',
    through.length === 0 ? 'as locked' : paint('quiet', `differ: ${through.join(', ')}`),
  ])
  const columns = [
    { title: 'Stage' },
    { title: 'What' },
    { title: 'Locked', align: 'right' },
    { title: 'Now', align: 'right' },
    { title: 'Change', align: 'right' },
    { title: 'Inputs' },
  ] as const
  return textTable(columns, rows, { width })
}

function valueText(kind: LockFault['kind'], value: Json): string {
  const text = plainText(value)
  if (kind === 'file' || kind === 'key') return text.slice(0, 8)
  return kind === 'claim' && isRecord(value) ? claimText(value) : text
}

/** `sao.iou_water over attention.iou_water, at least 0`: a claim as a lock holds it. */
function claimText({
  stage,
  metric,
  over,
  expect,
  atLeast,
  atMost,
  tolerance,
  origin,
}: Readonly<Record<string, unknown>>) {
  const base = isRecord(over) ? ` over ${over.stage}.${over.metric}` : ''
  const bounds = [
    expect === undefined ? [] : `${expect} ± ${tolerance}`,
    atLeast === undefined ? [] : `at least ${atLeast}`,
    atMost === undefined ? [] : `at most ${atMost}`,
  ]
  return [`${stage}.${metric}${base}`, ...bounds.flat(), origin].join(', ')
}

const resultText = (kind: OutputFault['kind'], value: Json): string =>
  kind === 'output' ? String(value).slice(0, 8) : exact(value)

/** All digits: what differs may be the last of them. */
const exact = (value: Json): string => String(value).replace('-', '\u2212')

function change(before: Json | undefined, after: Json | undefined): string {
  if (typeof before !== 'number' || typeof after !== 'number') return ''
  const by = after - before
  return `${by > 0 ? '+' : ''}${Math.abs(by) < 1e-4 ? by.toExponential(1).replace('-', '\u2212') : formatNumber(by)}`
}
