/** Percentages and means, as results print them. */

/** A share between 0 and 1 as percent with two decimals. */
export const percent = (share: number): number => Number((share * 100).toFixed(2))

/** Mean of numbers; 0 for an empty list. */
export const mean = (values: readonly number[]): number =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length
