/** The selection of rows of a record: their numbers, in the order that is asked for. */
import type { Condition } from './sample_conditions.ts'
import type { SampleCell, SampleRecord } from './sample_record.ts'

/** The conditions that rows fulfil, and their order. */
export interface SampleSelection {
  readonly conditions: readonly Condition[]
  readonly order?: { readonly column: string; readonly descending: boolean }
}

/** Numbers of the rows for which all conditions hold. */
export async function selectSamples(
  record: SampleRecord,
  { conditions, order }: SampleSelection,
): Promise<Uint32Array> {
  const wanted = [...new Set([...conditions.map(({ column }) => column), ...(order ? [order.column] : [])])]
  if (wanted.length === 0) return Uint32Array.from({ length: record.rows }, (_, number) => number)
  const numbers: number[] = []
  const cells: SampleCell[] = []
  let number = 0
  for await (const row of record.scan(wanted)) {
    if (conditions.every(({ column, holds }) => holds(row[column] ?? null))) {
      numbers.push(number)
      if (order !== undefined) cells.push(row[order.column] ?? null)
    }
    number += 1
  }
  if (order === undefined) return Uint32Array.from(numbers)
  const places = Uint32Array.from(numbers.keys())
  places.sort((a, b) => compareCells(cells[a] ?? null, cells[b] ?? null, order.descending) || a - b)
  return places.map(place => numbers[place] ?? 0)
}

function compareCells(a: SampleCell, b: SampleCell, descending: boolean): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null)
  if (a === b) return 0
  return a < b === descending ? 1 : -1
}
