/** Resampled measures as a Parquet file of a result. */
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet'
import type { RecordColumns } from '../../dsl/kinds/records.ts'
import { createRecord } from '../data/record_table.ts'
import type { Resampled, Resamples } from './bootstrap.ts'

/** Name of the file in a result. */
export const resampleFile = 'resamples.parquet'

const columns: RecordColumns = {
  of: {
    type: 'text',
    about: 'all: over all units; draw: over units drawn with replacement; without: over all but one',
  },
  unit: { type: 'text', about: 'the unit that is left out' },
}

/** Writes a row over all units, one for each draw, and one for each unit that is left out; a column for each measure. */
export function writeResamples(file: string, { units, measures }: Resamples): void {
  const names = [...measures.keys()]
  const record = createRecord<RecordColumns>(file, {
    ...columns,
    ...Object.fromEntries(names.map(name => [name, { type: 'number', about: 'the measure' }])),
  })
  const row = (of: string, take: (resampled: Resampled) => number | undefined, unit?: string) =>
    record.add({
      of,
      unit,
      ...Object.fromEntries([...measures].map(([name, values]) => [name, known(take(values))])),
    })
  row('all', ({ estimate }) => estimate)
  const [first] = measures.values()
  for (let at = 0; at < (first?.draws.length ?? 0); at++) row('draw', ({ draws }) => draws[at])
  for (const [at, unit] of units.entries()) row('without', ({ without }) => without[at], unit)
  record.close()
}

const known = (value: number | undefined): number | undefined => (Number.isFinite(value) ? value : undefined)

/** Reads what {@link writeResamples} wrote, of some measures. */
export async function readResamples(file: string, names: readonly string[]): Promise<Resamples> {
  const rows = await parquetReadObjects({ file: await asyncBufferFromFile(file), columns: ['of', 'unit', ...names] })
  const values = (name: string, of: string): number[] =>
    rows.filter(row => row.of === of).map(row => (typeof row[name] === 'number' ? row[name] : Number.NaN))
  return {
    units: rows.flatMap(({ of, unit }) => (of === 'without' ? [String(unit)] : [])),
    measures: new Map(
      names.map(name => [
        name,
        {
          estimate: values(name, 'all')[0] ?? Number.NaN,
          draws: Float64Array.from(values(name, 'draw')),
          without: Float64Array.from(values(name, 'without')),
        },
      ]),
    ),
  }
}
