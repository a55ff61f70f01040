/** Exhibits as manifests hold them: unknown JSON until it is checked. */
import type { Exhibit, Figure } from '../stages/exhibit.ts'

/** The exhibits among the values; what has another shape, as a later version may write it, is left out. */
export const readExhibits = (values: readonly unknown[]): readonly Exhibit[] => values.filter(isExhibit)

function isExhibit(value: unknown): value is Exhibit {
  if (!isRecord(value) || !isText(value.title) || !isOptional(value.note, isText)) return false
  switch (value.kind) {
    case 'figures':
      return isList(value.items, isFigure)
    case 'strips':
      return isOptional(value.columns, isTexts) && isList(value.rows, row => isList(row, isFigure))
    case 'table':
      return isTexts(value.columns) && isList(value.rows, row => isList(row, isCell))
    case 'curves':
      return isText(value.x) && isText(value.y) && isList(value.series, isSeries)
    default:
      return false
  }
}

const isFigure = (value: unknown): value is Figure =>
  isRecord(value) &&
  isText(value.image) &&
  isOptional(value.mask, isText) &&
  isTexts(value.lines) &&
  isOptional(value.heat, isHeat) &&
  isOptional(value.tag, isTag)

const isHeat = (value: unknown): boolean =>
  isRecord(value) &&
  isList(value.values, isNumber) &&
  isNumber(value.rows) &&
  isNumber(value.columns) &&
  value.values.length === value.rows * value.columns

const isTag = (value: unknown): boolean =>
  isRecord(value) && isText(value.text) && ['good', 'bad', 'neutral'].includes(String(value.tone))

const isSeries = (value: unknown): boolean =>
  isRecord(value) && isText(value.name) && isList(value.points, point => isList(point, isNumber) && point.length === 2)

const isRecord = (value: unknown): value is { readonly [name: string]: unknown } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isText = (value: unknown): value is string => typeof value === 'string'
const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value)
const isCell = (value: unknown): boolean => isText(value) || isNumber(value)
const isTexts = (value: unknown): boolean => isList(value, isText)

const isOptional = (value: unknown, check: (value: unknown) => boolean): boolean => value === undefined || check(value)

const isList = (value: unknown, check: (item: unknown) => boolean): value is readonly unknown[] =>
  Array.isArray(value) && value.every(check)
