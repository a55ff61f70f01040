/** Names of classes as folders, tables and people write them. */

/** A class in words: `AnnualCrop`, `annual_crop` and `annual-crop` give `annual crop`. */
export const className = (written: string): string =>
  written
    .normalize()
    .replace(/([\p{Ll}\p{N}])(\p{Lu})/gu, '$1 $2')
    .replace(/[_\-\s]+/g, ' ')
    .trim()
    .toLowerCase()
