/** Classes in words. */
import { className } from '../../../dsl/values/class_name.ts'

export { className } from '../../../dsl/values/class_name.ts'

/** Words of a caption for a class, by its name in the files. */
export type ClassCaptions = { readonly [name: string]: string }

/** The caption of an image of which only the class is known. */
export function captionOfClass(name: string, names: ClassCaptions): string {
  const given = Object.entries(names).find(([one]) => one.normalize() === name.normalize())
  return given?.[1] ?? className(name)
}
