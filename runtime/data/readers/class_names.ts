/** Classes in words. */
import { className } from '../../../dsl/values/class_name.ts'

export { className } from '../../../dsl/values/class_name.ts'

/** Words of a caption for a class, by its name in the files. */
export type ClassCaptions = { readonly [name: string]: string }

/** The caption of an image of which only the class is known. */
export const captionOfClass = (name: string, names: ClassCaptions): string =>
  (Object.hasOwn(names, name) ? names[name] : undefined) ?? className(name)
