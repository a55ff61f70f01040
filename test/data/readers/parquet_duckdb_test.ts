/** Parquet tables as DuckDB and this project's reader see them: the second reader is the judge of the first. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import fc from 'fast-check'
import { type ColumnSource, parquetWriteBuffer } from 'hyparquet-writer'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { openParquet, readGroup } from '../../../runtime/data/readers/parquet_file.ts'
import { inTempFolder } from '../../support.ts'

type Row = Readonly<Record<string, unknown>>

/** Every row of a table, by this project's reader. */
async function rowsOf(path: string): Promise<readonly Row[]> {
  const table = await openParquet(path)
  const rows: Row[] = []
  for (let group = 0; group + 1 < table.groups.length; group++)
    rows.push(...(await readGroup(table, { group, columns: table.columns, isBinary: true })))
  return rows
}

const rowsOfDuckDb = async (connection: DuckDBConnection, path: string): Promise<readonly Row[]> =>
  (await connection.runAndReadAll(`select * from read_parquet('${path}')`)).getRowObjectsJS()

/** A cell in a form that both readers share: nothing is null, bytes are hexadecimal. */
function plain(cell: unknown): unknown {
  if (cell === undefined || cell === null) return null
  if (cell instanceof Uint8Array) return Buffer.from(cell).toString('hex')
  if (cell instanceof Date) return cell.getTime()
  if (Array.isArray(cell)) return cell.map(plain)
  if (typeof cell === 'object')
    return Object.fromEntries(Object.entries(cell).map(([name, value]) => [name, plain(value)]))
  return cell
}

const plainRows = (rows: readonly Row[]): readonly unknown[] => rows.map(plain)

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`

const text = fc.string({ unit: fc.constantFrom(...'ab\'", ;\n\t\\éü漠🌊'), maxLength: 20 })
const whole = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })

/** Columns as literals of SQL, by the types that tables of images have. */
const columns: Readonly<Record<string, fc.Arbitrary<string>>> = {
  words: text.map(quoted),
  class: fc.constantFrom('sea', 'lake', 'forest').map(name => `${quoted(name)}::enum('sea', 'lake', 'forest')`),
  long: whole.map(value => `${value}::bigint`),
  short: fc.integer({ min: -128, max: 127 }).map(value => `${value}::tinyint`),
  share: fc.double({ noDefaultInfinity: true, noNaN: true }).map(value => `'${value}'::double`),
  single: fc.integer({ min: -999, max: 999 }).map(value => `${value / 8}::float`),
  flag: fc.boolean().map(String),
  exact: fc.integer({ min: -99_999, max: 99_999 }).map(value => `${value / 100}::decimal(9, 2)`),
  captions: fc.array(fc.option(text.map(quoted), { nil: 'NULL' }), { maxLength: 4 }).map(all => `[${all}]::varchar[]`),
  image: fc
    .tuple(fc.uint8Array({ maxLength: 30 }), text)
    .map(([bytes, path]) => `{'bytes': unhex('${Buffer.from(bytes).toString('hex')}'), 'path': ${quoted(path)}}`),
  bytes: fc.uint8Array({ maxLength: 30 }).map(bytes => `unhex('${Buffer.from(bytes).toString('hex')}')`),
  taken: fc.integer({ min: 0, max: 2 ** 40 }).map(time => `epoch_ms(${time})`),
}

const codecs = ['uncompressed', 'snappy', 'gzip', 'zstd', 'brotli', 'lz4_raw']

const tables = fc.uniqueArray(fc.constantFrom(...Object.keys(columns)), { minLength: 1, maxLength: 6 }).chain(names =>
  fc.record({
    names: fc.constant(names),
    rows: fc.array(fc.tuple(...names.map(name => fc.option(columns[name] ?? fc.constant('0'), { nil: 'NULL' }))), {
      minLength: 1,
      maxLength: 12,
    }),
    codec: fc.constantFrom(...codecs),
    version: fc.constantFrom('V1', 'V2'),
    copies: fc.constantFrom(1, 300),
  }),
)

test('tables that DuckDB writes, with any types, codecs and row groups, hold what DuckDB reads of them', async () => {
  const connection = await (await DuckDBInstance.create(':memory:')).connect()
  await inTempFolder(folder =>
    fc.assert(
      fc.asyncProperty(tables, async ({ names, rows, codec, version, copies }) => {
        const path = join(folder, 't.parquet')
        const values = rows.map(cells => `(${cells.join(', ')})`).join(', ')
        const query = `select t.* from (values ${values}) t(${names.map(name => `"${name}"`).join(', ')}), range(${copies})`
        await connection.run(
          `copy (${query}) to '${path}' (format parquet, compression ${codec}, parquet_version ${version}, row_group_size 2048)`,
        )
        assert.equal(plainRows(await rowsOf(path)), plainRows(await rowsOfDuckDb(connection, path)))
      }),
      { seed: 11, numRuns: 60 },
    ),
  )
})

test('tables that this project writes hold what DuckDB reads of them', async () => {
  const connection = await (await DuckDBInstance.create(':memory:')).connect()
  const cell = fc.record({ words: text, count: fc.maxSafeInteger(), captions: fc.array(text, { maxLength: 3 }) })
  await inTempFolder(folder =>
    fc.assert(
      fc.asyncProperty(
        fc.array(cell, { minLength: 1, maxLength: 20 }),
        fc.integer({ min: 1, max: 9 }),
        async (rows, rowGroupSize) => {
          const path = join(folder, 't.parquet')
          const columnData: ColumnSource[] = [
            { name: 'words', type: 'STRING', data: rows.map(row => row.words) },
            { name: 'count', type: 'INT64', data: rows.map(row => BigInt(row.count)) },
            { name: 'captions', type: 'JSON', data: rows.map(row => row.captions) },
          ]
          await writeFile(path, Buffer.from(parquetWriteBuffer({ columnData, rowGroupSize })))
          const found = await rowsOfDuckDb(connection, path)
          assert.equal(
            found.map(({ words, count, captions }) => [words, count, JSON.parse(String(captions))]),
            rows.map(({ words, count, captions }) => [words, BigInt(count), captions]),
          )
          assert.equal(
            plainRows(await rowsOf(path)),
            rows
              .map(({ count, ...row }) => ({ ...row, count: BigInt(count) }))
              .map(({ words, count, captions }) => ({ words, count, captions })),
          )
        },
      ),
      { seed: 12, numRuns: 30 },
    ),
  )
})

test.run()
