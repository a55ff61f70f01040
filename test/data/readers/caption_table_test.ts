import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { DataFault, UserFault } from '../../../dsl/diagnostics/faults.ts'
import { parseCaptionTable, type TableColumns } from '../../../runtime/data/readers/caption_table.ts'
import { reasonsOf } from './support.ts'

const columns = { image: 'image', caption: 'caption' }

const parse = (text: string | Uint8Array, name: string, others: Partial<TableColumns> = {}) =>
  parseCaptionTable(Buffer.from(text), name, { ...columns, ...others })

/** Image and captions of each row. */
const rowsOf = (text: string | Uint8Array, name: string, others: Partial<TableColumns> = {}) =>
  parse(text, name, others).flatMap(row => (row.kind === 'row' ? [[row.image, ...row.captions]] : []))

function faultOf(work: () => unknown): unknown {
  try {
    work()
  } catch (thrown) {
    return thrown
  }
  return undefined
}

test('a row with more or fewer fields than the header is named with both counts, and no field is shifted', () => {
  const csv = 'image,caption,scene\n1.jpg,a field, of wheat,farm\n2.jpg,a lake\n3.jpg,a hill,hill\n'
  const rows = parse(csv, 't.csv', { label: 'scene' })
  assert.equal(reasonsOf(rows), [
    't.csv line 2 has 4 fields, the header has 3; quote a field that holds the separator',
    't.csv line 3 has 2 fields, the header has 3; fill in what is missing',
  ])
  assert.equal(rowsOf(csv, 't.csv', { label: 'scene' }), [['3.jpg', 'a hill']])
  const tsv = parse('image\tcaption\n1.jpg\ta\tb\n', 't.tsv')
  assert.equal(reasonsOf(tsv), ['t.tsv line 2 has 3 fields, the header has 2; quote a field that holds the separator'])
})

test('empty rows and empty fields at the end, as spreadsheets write them, hold nothing', () => {
  assert.equal(rowsOf('image,caption\n1.jpg,a,,\n,,,\n,\n2.jpg,b\n', 't.csv'), [
    ['1.jpg', 'a'],
    ['2.jpg', 'b'],
  ])
})

test('reads what pandas, LibreOffice, polars and Excel write', () => {
  const rows = [
    ['1.jpg', 'a, "b"\tc\nd'],
    ['2.jpg', 'é; ü'],
  ]
  const tables: readonly (readonly [string, string])[] = [
    ['pandas.csv', ',image,caption\n0,1.jpg,"a, ""b""\tc\nd"\n1,2.jpg,é; ü\n'],
    ['pandas.tsv', 'image\tcaption\n1.jpg\t"a, ""b""\tc\nd"\n2.jpg\té; ü\n'],
    ['quoted.csv', '"image","caption"\n"1.jpg","a, ""b""\tc\nd"\n"2.jpg","é; ü"\n'],
    ['excel.csv', '\ufeffimage,caption\r\n1.jpg,"a, ""b""\tc\nd"\r\n2.jpg,é; ü\r\n'],
    ['european.csv', 'image;caption\r\n1.jpg;"a, ""b""\tc\nd"\r\n2.jpg;"é; ü"\r\n'],
    ['european_quoted.csv', '"image";"caption"\r\n1.jpg;"a, ""b""\tc\nd"\r\n2.jpg;"é; ü"\r\n'],
    ['separator.csv', 'sep=;\r\nimage;caption\r\n1.jpg;"a, ""b""\tc\nd"\r\n2.jpg;"é; ü"\r\n'],
    ['polars.jsonl', '{"image":"1.jpg","caption":"a, \\"b\\"\\tc\\nd"}\n{"image":"2.jpg","caption":"é; ü"}\n'],
  ]
  for (const [name, text] of tables) assert.equal(rowsOf(text, name), rows, name)
  const utf16 = Buffer.from('\ufeffimage\tcaption\r\n1.jpg\t"a, ""b""\tc\nd"\r\n2.jpg\té; ü\r\n', 'utf16le')
  assert.equal(rowsOf(utf16, 'unicode.tsv'), rows)
})

test('lines of a table with a separator in its first line are counted from the start of the file', () => {
  assert.match(reasonsOf(parse('sep=;\nimage;caption\n1.jpg;a;b\n', 't.csv')).join(), /^t\.csv line 3 has 3 fields/)
})

test('a field of a TSV that is not quoted as a whole is taken as it is, and an unclosed quote is named', () => {
  assert.equal(rowsOf('image\tcaption\n1.jpg\tthe "old" sea\n2.jpg\t"old" sea\n', 't.tsv'), [
    ['1.jpg', 'the "old" sea'],
    ['2.jpg', '"old" sea'],
  ])
  const fault = faultOf(() => parse('image\tcaption\n1.jpg\ta\n2.jpg\t"old sea\n', 't.tsv'))
  assert.instance(fault, DataFault)
  if (fault instanceof DataFault) {
    assert.match(fault.message, /^t\.tsv line 3 has a stray or unclosed quote/)
    assert.equal([fault.place.file, fault.place.line], ['t.tsv', 3])
  }
})

test('text that is not UTF-8 is named with its byte and line, in every form', () => {
  const latin = (text: string) => Buffer.from(text, 'latin1')
  const tables: readonly (readonly [string, string, number])[] = [
    ['t.csv', 'image,caption\n1.jpg,a café\n', 2],
    ['t.tsv', 'image\tcaption\n1.jpg\ta lake\n2.jpg\ta café\n', 3],
    ['t.jsonl', '{"image":"1.jpg","caption":"a café"}\n', 1],
  ]
  for (const [name, text, line] of tables) {
    const fault = faultOf(() => parse(latin(text), name))
    assert.instance(fault, DataFault)
    if (!(fault instanceof DataFault)) continue
    assert.is(fault.message, `${name} is not UTF-8: byte 0xe9 in line ${line}; save it as UTF-8`)
    assert.equal([fault.place.byte, fault.place.line], [latin(text).indexOf(0xe9), line])
  }
  const unmarked = faultOf(() => parse(Buffer.from('image,caption\n1.jpg,a\n', 'utf16le'), 't.csv'))
  assert.match(
    unmarked instanceof DataFault ? unmarked.message : '',
    /^t\.csv holds a NUL character, as other encodings than UTF-8 have, in line 1; save it as UTF-8$/,
  )
})

test('a column that the recipe names must exist, and stand once', () => {
  const message = (text: string, name: string, others: Partial<TableColumns>) => {
    const fault = faultOf(() => parse(text, name, others))
    return fault instanceof UserFault || fault instanceof DataFault ? fault.message : 'no fault'
  }
  const csv = 'image,caption,scene\n1.jpg,a field,farm\n'
  assert.match(
    message(csv, 't.csv', { caption: 'captions', label: 'scene' }),
    /^t\.csv has no column 'captions' in its first line \(image, caption, scene\)/,
  )
  assert.match(message(csv, 't.csv', { label: 'scenes' }), /no column 'scenes'/)
  assert.match(message(csv, 't.csv', { split: 'split' }), /no column 'split'/)
  assert.match(message('image,caption,caption\n1.jpg,a,b\n', 't.csv', {}), /the column 'caption' twice/)
  const lines = '{"image":"1.jpg","caption":"a field","scene":"farm"}\n{"image":"2.jpg"}\n'
  assert.is(message(lines, 't.jsonl', { label: 'scene' }), 'no fault')
  assert.is(
    message(lines, 't.jsonl', { label: 'scenes' }),
    "No line of t.jsonl has the field 'scenes' (its fields are image, caption, scene); name its fields under captions",
  )
  assert.match(message(lines, 't.jsonl', { caption: 'text', label: 'scene' }), /the field 'text'/)
  assert.is(message('image,scene\n1.jpg,farm\n', 't.csv', { label: 'scene' }), 'no fault')
})

test("Python's NaN and Infinity in JSON Lines are missing values", () => {
  const lines = [
    '{"image": "1.jpg", "caption": "NaN in \\"quotes\\" and Infinity", "score": NaN}',
    '{"image": "2.jpg", "caption": NaN, "score": -Infinity}',
    '{"image": "3.jpg", "caption": ["a", NaN]}',
    '{"image": "4.jpg", "caption": NaNny}',
  ].join('\n')
  assert.equal(rowsOf(lines, 't.jsonl'), [
    ['1.jpg', 'NaN in "quotes" and Infinity'],
    ['3.jpg', 'a'],
  ])
  assert.equal(
    reasonsOf(parse(lines, 't.jsonl')).map(reason => reason.replace(/: .*;/, ': ...;')),
    [
      "t.jsonl line 2 has an empty caption of '2.jpg'; fill in 'caption'",
      "t.jsonl line 3 has an empty caption of '3.jpg'; fill in 'caption'",
      't.jsonl line 4 is not JSON: ...; write one object a line',
    ],
  )
})

const words = fc.string({ unit: fc.constantFrom('a', 'é', ' ', ',', ';', '\t', '"', '\n', '\r\n'), maxLength: 12 })
const tables = fc.array(fc.tuple(words, words), { minLength: 1, maxLength: 5 })

/** What a reader keeps of a cell: text without blanks around it. */
const expectedOf = (rows: readonly (readonly [string, string])[]) =>
  rows.map(([caption, note], i) => [`${i}.jpg`, `x${caption}y`, note])

test('values that are no captions, classes or objects are named with their line, and nothing is made of them', () => {
  const reasons = (text: string, name: string) => reasonsOf(parse(text, name, { label: 'scene' }))
  assert.equal(reasons('image,caption,scene\n1.jpg,nan,\n2.jpg,a,nan\n3.jpg,,3.0\n', 'T.CSV'), [
    "T.CSV line 2 has the word of a missing value, 'nan', as a caption of '1.jpg'; fill in 'caption'",
    "T.CSV line 3 has the word of a missing value, 'nan', as its class; fill in 'scene'",
  ])
  const labels = parse('image,caption,scene\n3.jpg,,3.0\n', 't.csv', { label: 'scene' })
  assert.equal(
    labels.map(row => row.kind === 'row' && row.label),
    ['3'],
  )
  const lines = [
    '{"image": "1.jpg", "caption": "a", "caption": "b", "scene": "x"}',
    '["2.jpg", "a"]',
    '{"image": "3.jpg", "caption": 3}',
    '{"image": "4.jpg", "caption": "a", "scene": true}',
    '{"image": "5.jpg", "caption": "a", "scene": 12345678901234567890}',
  ]
  const rows = parse(lines.join('\n'), 't.jsonl', { label: 'scene' })
  assert.equal(reasonsOf(rows), [
    't.jsonl line 1 is not JSON: the key "caption" stands twice in one object; write one object a line',
    't.jsonl line 2 is no object; write one a line',
    "t.jsonl line 3 has a caption that is no text (3) of '3.jpg'; fill in 'caption'",
    "t.jsonl line 4 has a class that is no text and no number (true); fill in 'scene'",
  ])
  assert.equal(
    rows.flatMap(row => (row.kind === 'row' ? [[row.line, row.label]] : [])),
    [[5, '12345678901234567890']],
  )
  for (const text of ['\ufffe\0', '\ufeffi']) {
    const bytes = Buffer.concat([Buffer.from(text, 'utf16le'), Buffer.from('i')])
    const fault = faultOf(() => parse(bytes, 't.csv'))
    assert.match(fault instanceof DataFault ? fault.message : '', /^t\.csv is marked as UTF-16 and is none in line 1/)
  }
  const utf32 = faultOf(() => parse(Buffer.from('fffe000069000000', 'hex'), 't.csv'))
  assert.match(utf32 instanceof DataFault ? utf32.message : '', /^t\.csv holds a NUL character/)
})

test('whatever text a table holds is read back, with any separator and line ending, quoted where needed or always', () => {
  const formats = fc.constantFrom(['csv', ','], ['csv', ';'], ['tsv', '\t'])
  const ends = fc.constantFrom('\n', '\r\n')
  fc.assert(
    fc.property(tables, formats, ends, fc.boolean(), (rows, [ending = '', separator = ''], end, isAlways) => {
      const quote = (text: string) => (isAlways || /[",;\t\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
      const records = [['image', 'caption', 'note'], ...expectedOf(rows)]
      const text = records.map(fields => fields.map(quote).join(separator) + end).join('')
      const found = parse(text, `t.${ending}`).flatMap(row =>
        row.kind === 'row' ? [[row.image, ...row.captions]] : [],
      )
      assert.equal(
        found,
        expectedOf(rows).map(fields => fields.slice(0, 2)),
      )
    }),
    { seed: 9, numRuns: 400 },
  )
})

const hasPython = spawnSync('python3', ['-c', 'import csv']).status === 0
const name = "tables that Python's csv module writes are read back"
if (hasPython)
  test(name, () => {
    const script = `
import csv, io, json, sys
out = []
for case in json.load(sys.stdin):
    text = io.StringIO()
    quoting = {'minimal': csv.QUOTE_MINIMAL, 'all': csv.QUOTE_ALL, 'text': csv.QUOTE_NONNUMERIC}[case['quoting']]
    csv.writer(text, delimiter=case['delimiter'], quoting=quoting).writerows(case['rows'])
    out.append(text.getvalue())
json.dump(out, sys.stdout)`
    const cases = fc
      .sample(fc.tuple(tables, fc.constantFrom(',', ';', '\t'), fc.constantFrom('minimal', 'all', 'text')), {
        seed: 4,
        numRuns: 150,
      })
      .map(([rows, delimiter, quoting]) => ({ rows: expectedOf(rows), delimiter, quoting }))
    const input = cases.map(one => ({ ...one, rows: [['image', 'caption', 'note'], ...one.rows] }))
    const { stdout } = spawnSync('python3', ['-c', script], { input: JSON.stringify(input), encoding: 'utf8' })
    const written: readonly string[] = JSON.parse(stdout)
    assert.is(written.length, cases.length)
    for (const [i, text] of written.entries())
      assert.equal(
        rowsOf(text, cases[i]?.delimiter === '\t' ? 't.tsv' : 't.csv'),
        cases[i]?.rows.map(fields => fields.slice(0, 2)),
        text,
      )
  })
else console.log(`skipped: ${name} (needs python3)`)

test.run()
