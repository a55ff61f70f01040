/** Conditions on the rows of a record: `probability<0.5`, `reason=image blank`, `twin=none`. */
import { RequestFault, unknownName } from './faults.ts'
import { cellText, type SampleCell, type SampleColumn } from './sample_record.ts'

/** A condition on one column. */
export interface Condition {
  readonly column: string
  holds(cell: SampleCell): boolean
}

const operators = {
  number: ['=', '!=', '<', '<=', '>', '>='],
  boolean: ['=', '!='],
  text: ['=', '!=', '~', '!~'],
  list: ['~', '!~', '=', '!='],
} as const satisfies { readonly [type in SampleColumn['type']]: readonly string[] }

type ConditionOperator = (typeof operators)[SampleColumn['type']][number]

/**
 * Reads a condition: a column, an operator and a value. `~` asks whether a text holds another, in any case; `none` is an
 * empty cell, which differs from every value. Throws where the column is unknown, or the operator or value not of its type.
 */
export function readCondition(text: string, columns: readonly SampleColumn[]): Condition {
  const [, name = '', operator = '', value = ''] = /^([^=!<>~]+?)\s*(<=|>=|!=|!~|[=<>~])\s*(.*?)\s*$/su.exec(text) ?? []
  if (name === '')
    throw new RequestFault(`The condition '${text}' has no operator`, {
      hint: "write a column, an operator and a value: 'probability<0.5', 'reason=image blank', 'twin=none'",
    })
  const column = columnNamed(name.trim(), columns)
  if (!isOperatorOf(column, operator))
    throw new RequestFault(`'${operator}' in '${text}' is no operator for ${article(column)}`, {
      hint: `${column.type} columns take ${operators[column.type].join(' ')}`,
    })
  return { column: column.name, holds: testOf(column, { operator, value, text }) }
}

/** The column of a name. Throws where there is none, with the nearest or all of them. */
export function columnNamed(name: string, columns: readonly SampleColumn[]): SampleColumn {
  const found = columns.find(column => column.name === name)
  if (found !== undefined) return found
  const known = columns.map(column => column.name)
  throw unknownName(`There is no column '${name}'`, { name, known, otherwise: `columns are ${known.join(', ')}` })
}

const article = ({ name, type }: SampleColumn): string =>
  `'${name}', a column of ${type === 'text' ? 'text' : `${type}s`}`

const isOperatorOf = ({ type }: SampleColumn, operator: string): operator is ConditionOperator =>
  operators[type].some(one => one === operator)

interface ConditionParts {
  readonly operator: ConditionOperator
  readonly value: string
  readonly text: string
}

function testOf(column: SampleColumn, { operator, value, text }: ConditionParts): Condition['holds'] {
  if (value === 'none' && (operator === '=' || operator === '!=')) return cell => (cell === null) === (operator === '=')
  switch (operator) {
    case '~':
    case '!~': {
      const part = value.toLowerCase()
      return cell => cellText(cell).toLowerCase().includes(part) === (operator === '~')
    }
    case '=':
    case '!=': {
      const wanted = cellValue(column, { value, text })
      return cell => (cell === wanted) === (operator === '=')
    }
    default:
      return comparison(operator, Number(cellValue(column, { value, text })))
  }
}

function comparison(operator: '<' | '<=' | '>' | '>=', bound: number): Condition['holds'] {
  const isMet = {
    '<': (value: number) => value < bound,
    '<=': (value: number) => value <= bound,
    '>': (value: number) => value > bound,
    '>=': (value: number) => value >= bound,
  }[operator]
  return cell => typeof cell === 'number' && isMet(cell)
}

/** A value of the type of a column; text may be quoted, so that `"none"` is a word. */
function cellValue(column: SampleColumn, { value, text }: Omit<ConditionParts, 'operator'>): string | number | boolean {
  const fault = (expected: string) =>
    new RequestFault(`'${value}' in '${text}' does not fit ${article(column)}`, { hint: `write ${expected}` })
  switch (column.type) {
    case 'number':
      if (value === '' || Number.isNaN(Number(value))) throw fault("a number, or 'none' for an empty cell")
      return Number(value)
    case 'boolean':
      if (value !== 'true' && value !== 'false') throw fault("'true', 'false', or 'none' for an empty cell")
      return value === 'true'
    case 'list':
      throw fault("'none', or ask what it holds with '~'")
    case 'text':
      return /^"(.*)"$/su.exec(value)?.[1] ?? value
  }
}
