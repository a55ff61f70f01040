/** Lists of samples as they are printed. */
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { SampleRow } from '../../runtime/app/sample_record.ts'
import { csvLines, jsonLines, pageLine, sampleTable } from '../../runtime/cli/samples_text.ts'

const columns = [
  { name: 'key', type: 'text' },
  { name: 'score', type: 'number' },
  { name: 'note', type: 'text' },
] as const

const anyRow = fc.record({
  key: fc.string({ unit: 'grapheme', minLength: 1 }).filter(text => text.trim() !== ''),
  score: fc.oneof(fc.constant(null), fc.double({ noNaN: true, noDefaultInfinity: true })),
  note: fc.oneof(fc.constant(null), fc.string({ unit: fc.constantFrom('"', ',', '\n', '\r', 'a', 'é', ' ', '\x1b') })),
})

const listOf = (rows: readonly SampleRow[]) => ({
  ...{ stage: 's', columns, total: rows.length, matching: rows.length, listed: rows.length, first: 0 },
  async *rows() {
    yield* rows
  },
})

const joined = async (lines: AsyncIterable<string>): Promise<string> => {
  let text = ''
  for await (const line of lines) text += line
  return text
}

test('JSON Lines and CSV give back what went in', () =>
  fc.assert(
    fc.asyncProperty(fc.array(anyRow, { minLength: 1, maxLength: 6 }), async rows => {
      const json = await joined(jsonLines(listOf(rows)))
      const parsed = json
        .trimEnd()
        .split('\n')
        .map(line => JSON.parse(line))
      assert.equal(parsed, JSON.parse(JSON.stringify(rows)))
      const csv = await joined(csvLines(listOf(rows)))
      const cells = rows.map(({ key, score, note }) => [key, score === null ? '' : String(score), note ?? ''])
      assert.equal(parseCsv(csv), [['key', 'score', 'note'], ...cells])
    }),
    { seed: 4, numRuns: 200 },
  ))

/** RFC 4180, by its grammar. */
function parseCsv(text: string): readonly (readonly string[])[] {
  const rows: string[][] = [[]]
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|$)/g)) {
    rows.at(-1)?.push(quoted?.replaceAll('""', '"') ?? plain ?? '')
    if (end === '\r\n') rows.push([])
    if (end === '') break
  }
  return rows.slice(0, -1)
}

test('a table fits 80 columns, tells once what is the same, and no cell acts on a terminal', () => {
  const rows = ['a', 'b'].map(key => ({
    key,
    split: 'train',
    kept: false,
    reason: `\x1b[31m${key}\nvery long reason that does not end soon`,
    width: 12,
    a: 1.5,
    empty: null,
    more: `${key} more text, more text`,
    last: `${key} last text, last text`,
  }))
  const names = ['split', 'kept', 'reason', 'width', 'a', 'empty', 'more', 'last']
  const columns = [
    { name: 'key', type: 'text' as const },
    ...names.map(name => ({ name, type: typeof rows[0]?.[name as 'a'] === 'number' ? 'number' : 'text' }) as const),
  ]
  const paint = (_: unknown, text: string) => text
  const table = sampleTable(columns, rows, { paint, width: 60, isComplete: false })
  assert.is(
    table,
    `In all rows: split train, kept no, width 12, a 1.50

key  reason                           more
───  ───────────────────────────────  ──────────────────────
a     [31ma very long reason that d…  a more text, more text
b     [31mb very long reason that d…  b more text, more text

--columns shows also last`,
  )
})

test('a page says where it stands', () => {
  const page = (first: number, listed: number) => pageLine({ ...listOf([]), first, listed, matching: 7, total: 12 })
  assert.is(page(0, 3), '\n1 to 3 of 7 samples (12 in all); --page 2 shows more')
  assert.is(page(3, 3), '\n4 to 6 of 7 samples (12 in all); --page 3 shows more')
  assert.is(page(6, 1), '\n7 to 7 of 7 samples (12 in all)')
  assert.is(page(0, 7), '\n7 samples (12 in all)')
  assert.is(pageLine({ ...listOf([]), total: 12 }), 'No sample of 12')
})

test.run()
