/** Delimited text as csv-parse and this project's reader see it: the second reader is the judge of the first. */
import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Delimiter, parseDelimited } from '../../../runtime/data/readers/delimited.ts'

type Records = readonly (readonly string[])[] | 'a fault'

function own(text: string, delimiter: Delimiter): Records {
  try {
    return parseDelimited(text, { name: 't.csv', delimiter }).map(({ fields }) => fields)
  } catch {
    return 'a fault'
  }
}

function judge(text: string, delimiter: Delimiter, end: string): Records {
  try {
    const records: readonly (readonly string[])[] = parse(text, {
      ...{ delimiter, record_delimiter: end, relax_column_count: true, skip_empty_lines: true },
    })
    // Records without any text are passed over.
    return records.filter(fields => fields.some(field => field.trim() !== ''))
  } catch {
    return 'a fault'
  }
}

const ends = fc.constantFrom('\n', '\r\n')

test('any text of delimiters, quotes and line breaks gives the records of csv-parse, or a fault where it finds one', () => {
  let faults = 0
  const runs = 3000
  fc.assert(
    fc.property(
      fc.constantFrom<Delimiter>(',', ';'),
      ends,
      fc.array(fc.constantFrom('"', '"', 'D', 'D', 'E', 'a', 'é ', '""'), { maxLength: 24 }),
      (delimiter, end, parts) => {
        const text = parts.join('').replaceAll('D', delimiter).replaceAll('E', end)
        const expected = judge(text, delimiter, end)
        if (expected === 'a fault') faults += 1
        assert.equal(own(text, delimiter), expected, JSON.stringify(text))
      },
    ),
    { seed: 5, numRuns: runs },
  )
  assert.ok(faults > runs / 10 && faults < (9 * runs) / 10, `${faults}`)
})

test('a TSV whose fields are quoted as a whole or hold no quotes gives the records of csv-parse', () => {
  const plain = fc.string({ unit: fc.constantFrom('a', ' ', ',', 'é', "'"), maxLength: 6 })
  const quoted = fc
    .string({ unit: fc.constantFrom('a', '\t', '\n', '"', ','), maxLength: 6 })
    .map(text => `"${text.replaceAll('"', '""')}"`)
  const records = fc.array(fc.array(fc.oneof(plain, quoted), { minLength: 1, maxLength: 4 }), { maxLength: 6 })
  fc.assert(
    fc.property(records, fc.boolean(), (rows, hasEnd) => {
      const text = rows.map(fields => fields.join('\t')).join('\n') + (hasEnd ? '\n' : '')
      assert.equal(own(text, '\t'), judge(text, '\t', '\n'), JSON.stringify(text))
    }),
    { seed: 6, numRuns: 1000 },
  )
})

test.run()
