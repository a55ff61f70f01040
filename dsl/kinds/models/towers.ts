/** Checks of sizes that every model has. */
import { nearestMultiple } from '../../values/multiples.ts'
import type { Dimensions, Finding } from '../definition.ts'

/** Sides and widths that do not divide. */
export function checkTowers(
  model: Pick<Dimensions, 'image_size' | 'patch_size' | 'vision' | 'text'>,
): readonly Finding[] {
  const found: Finding[] = []
  const { image_size, patch_size } = model
  if (image_size % patch_size !== 0)
    found.push({
      code: 'shape-mismatch',
      at: ['image_size'],
      message: `'image_size' ${image_size} is no multiple of 'patch_size' ${patch_size}`,
      fix: { hint: `write ${nearestMultiple(image_size, patch_size)}` },
    })
  for (const tower of ['vision', 'text'] as const) {
    const { width, heads } = model[tower]
    if (width % heads !== 0)
      found.push({
        code: 'shape-mismatch',
        at: [tower, 'width'],
        message: `'width' ${width} is no multiple of 'heads' ${heads}`,
        fix: { hint: `write ${nearestMultiple(width, heads)}` },
      })
  }
  return found
}
