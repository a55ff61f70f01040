/** What a stage shows in the report: data, not layout. Files are relative to the stage's folder. */

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
