/** Classes in words. */

/** Words of a caption for a class, by its name in the files. */
export type ClassCaptions = { readonly [name: string]: string }

/** Class names as people write them: `AnnualCrop`, `annual_crop` and `annual-crop` give `annual crop`. */
export const className = (folder: string): string =>
  folder
    .replace(/([\p{Ll}\p{N}])(\p{Lu})/gu, '$1 $2')
    .replace(/[_\-\s]+/g, ' ')
    .trim()
    .toLowerCase()

/** The caption of an image of which only the class is known. */
export const captionOfClass = (name: string, names: ClassCaptions): string =>
  (Object.hasOwn(names, name) ? names[name] : undefined) ?? className(name)
