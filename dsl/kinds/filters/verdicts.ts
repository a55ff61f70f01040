/** The columns that the verdicts of every filter have before its own scores. */
import type { RecordColumns } from '../records.ts'

/** The columns of `verdicts.parquet` that say which sample it is and what was decided. */
export const verdictColumns = {
  key: { type: 'text', about: 'The key of the sample.' },
  split: { type: 'text', about: 'The split of the sample.' },
  group: { type: 'text', about: 'The landmark or file that the sample comes from.' },
  overhead: { type: 'boolean', about: 'The human label; empty where the sample has none.' },
  kept: { type: 'boolean', about: 'Whether the filter keeps the sample.' },
  reason: { type: 'text', about: 'The reason that it is dropped; empty where it is kept.' },
} as const satisfies RecordColumns
