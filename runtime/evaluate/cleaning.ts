/** Caption cleaning: the changes that a protocol makes to texts before tokenization. */
import type { CaptionCleaning } from '../../dsl/recipe.ts'

/** Cleans a caption: see `CaptionCleaning` of the language. */
export function cleanCaption(caption: string, how: CaptionCleaning): string {
  switch (how) {
    case 'none':
      return caption
    case 'clip':
      return caption.replaceAll(/\s+/g, ' ').trim().toLowerCase()
    case 'remoteclip': {
      const [first = '', ...rest] = caption
      return first.toUpperCase() + rest.join('').toLowerCase()
    }
  }
}
