/** Records of samples as a Parquet file: one row a sample, written and read some rows at a time. */
import { fileWriter, ParquetWriter } from 'hyparquet-writer'
import type { RecordColumn, RecordColumns, RecordRow } from '../../dsl/kinds/records.ts'

const elements = {
  number: { type: 'DOUBLE' },
  integer: { type: 'INT32' },
  input: { type: 'INT32' },
  boolean: { type: 'BOOLEAN' },
  text: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
} as const satisfies { readonly [type in RecordColumn['type']]: object }

/** Rows of a row group, which the writer holds in memory. */
const groupRows = 20_000

/** Writes rows into a Parquet file. */
export interface RecordWriter<Columns extends RecordColumns> {
  add(row: RecordRow<Columns>): void
  /** Finishes the file, which no reader takes before. */
  close(): void
}

/** Opens a writer of a record; equal rows give equal bytes. No more than a group of rows is in memory. */
export function createRecord<Columns extends RecordColumns>(file: string, columns: Columns): RecordWriter<Columns> {
  const names: readonly (keyof Columns & string)[] = Object.keys(columns)
  const schema = [
    { name: 'root', num_children: names.length },
    ...Object.entries(columns).map(([name, { type }]) => ({
      name,
      ...elements[type],
      repetition_type: 'OPTIONAL' as const,
    })),
  ]
  const writer = new ParquetWriter({ writer: fileWriter(file), schema, createdBy: 'terroir' })
  let rows: RecordRow<Columns>[] = []
  function flush(): void {
    if (rows.length > 0) writer.write({ columnData: names.map(name => columnOf(name)), rowGroupSize: groupRows })
    rows = []
  }
  const columnOf = (name: keyof Columns & string) => ({ name, data: rows.map(row => row[name] ?? null) })
  return {
    add(row) {
      rows.push(row)
      if (rows.length === groupRows) flush()
    },
    close() {
      flush()
      writer.finish()
    },
  }
}
