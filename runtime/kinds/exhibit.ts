/** The exhibits of a stage in the report: data, not layout. Files are relative to the stage's folder. */
import { isRecord, isText } from '../../dsl/values/json.ts'

/** A heatmap over an image: row-major scores on a grid. */
export interface Heat {
  readonly rows: number
  readonly columns: number
  readonly values: readonly number[]
}

/** A picture with its lines of text. */
export interface Figure {
  /** Image file. */
  readonly image: string
  /** Drawn over the image in a perceptual colour map. */
  readonly heat?: Heat
  /** 8-bit grey mask file drawn beside or outlined over the image. */
  readonly mask?: string
  readonly lines: readonly string[]
  /** A short label with a colour: good (kept, right), bad (dropped, wrong) or neutral. */
  readonly tag?: { readonly text: string; readonly tone: 'good' | 'bad' | 'neutral' }
}

/** Something to show. */
export type Exhibit =
  | { readonly kind: 'figures'; readonly title: string; readonly note?: string; readonly items: readonly Figure[] }
  /** Rows of pictures that belong together: an image, its maps, its mask; a query and its hits. */
  | {
      readonly kind: 'strips'
      readonly title: string
      readonly note?: string
      readonly columns?: readonly string[]
      readonly rows: readonly (readonly Figure[])[]
    }
  | {
      readonly kind: 'table'
      readonly title: string
      readonly note?: string
      readonly columns: readonly string[]
      readonly rows: readonly (readonly (string | number)[])[]
    }
  | {
      readonly kind: 'curves'
      readonly title: string
      readonly note?: string
      readonly x: string
      readonly y: string
      readonly series: readonly { readonly name: string; readonly points: readonly (readonly [number, number])[] }[]
    }

/** True if a value is an exhibit in all its parts; a value in the shape of a later version is none. */
export function isExhibit(value: unknown): value is Exhibit {
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

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value)
const isCell = (value: unknown): boolean => isText(value) || isNumber(value)
const isTexts = (value: unknown): boolean => isList(value, isText)

const isOptional = (value: unknown, check: (value: unknown) => boolean): boolean => value === undefined || check(value)

const isList = (value: unknown, check: (item: unknown) => boolean): value is readonly unknown[] =>
  Array.isArray(value) && value.every(check)
