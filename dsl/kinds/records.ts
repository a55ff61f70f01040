/** Columns of what a stage records of each sample: `verdicts.parquet` of a filter. */

/** A column of a record. */
export interface RecordColumn {
  /** `input`: the position of a dataset among the inputs whose role is the name of the column; shown by its reference. */
  readonly type: 'number' | 'integer' | 'boolean' | 'text' | 'input'
  /** The unit of a number: `share`, `bits`, `pixels`. */
  readonly unit?: string
  /** Says what a cell holds, and where it is empty. */
  readonly about: string
}

/** Columns by name, in their order in the file. */
export interface RecordColumns {
  readonly [name: string]: RecordColumn
}

/** The type of a cell, by the type of its column. */
interface CellTypes {
  readonly number: number
  readonly integer: number
  readonly input: number
  readonly boolean: boolean
  readonly text: string
}

/** One row of a record; an absent cell is empty. */
export type RecordRow<Columns extends RecordColumns> = {
  readonly [Name in keyof Columns]?: CellTypes[Columns[Name]['type']] | undefined
}
