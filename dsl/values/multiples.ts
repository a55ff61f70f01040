/** The multiple of a number that lies nearest to a value, at least the number itself. */
export const nearestMultiple = (value: number, of: number): number => Math.max(1, Math.round(value / of)) * of
