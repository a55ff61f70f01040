import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { coloured } from '../../dsl/diagnostics/terminal_text.ts'
import { displayWidth, textTable } from '../../runtime/report/mod.ts'

const columns = [{ title: 'Stage' }, { title: 'Time', align: 'right' }, { title: 'Result' }] as const
const rows = [
  ['landmarks', '12 s', '3,214 tiles of 536 landmarks'],
  ['web', '1 min 5 s', '3,000 samples'],
]

test('columns line up under their titles', () => {
  assert.is(
    textTable(columns, rows, { width: 80 }),
    [
      'Stage           Time  Result',
      '─────────  ─────────  ────────────────────────────',
      'landmarks       12 s  3,214 tiles of 536 landmarks',
      'web        1 min 5 s  3,000 samples',
    ].join('\n'),
  )
})

test('the widest text is cut first, numbers never', () => {
  const lines = textTable(columns, rows, { width: 36 }).split('\n')
  assert.ok(lines.every(line => displayWidth(line) <= 36))
  assert.is(lines[2], 'landmarks       12 s  3,214 tiles o…')
  assert.is(lines[3], 'web        1 min 5 s  3,000 samples')
})

test('a very narrow terminal gets blocks', () => {
  const [first] = textTable(columns, rows, { width: 20 }).split('\n\n')
  assert.is(first, 'Stage: landmarks\nTime: 12 s\nResult: 3,214 tiles of 536 landmarks')
})

test('width counts what a terminal shows', () => {
  assert.is(displayWidth('caf\u0065\u0301'), 4)
  assert.is(displayWidth('東京'), 4)
  assert.is(displayWidth('👩‍🚀 ok'), 5)
  assert.is(displayWidth('\u001b[32mok\u001b[39m'), 2)
  const table = textTable(
    [{ title: 'A' }, { title: 'B' }],
    [
      ['東京', 'x'],
      [coloured('bold', 'ab'), 'y\u202e\n'],
    ],
    { width: 40 },
  )
  assert.equal(table.split('\n').slice(2), ['東京  x', `${coloured('bold', 'ab')}    y\uFFFD`])
})

test.run()
