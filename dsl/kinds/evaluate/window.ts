/** The window of the Smooth-Attention-Operation. */
import type { Dimensions, Finding } from '../definition.ts'

/** Findings where a window does not fit the patch grid, or windows leave gaps. */
export function checkWindow(
  { window, stride }: { readonly window: number; readonly stride: number },
  model: Pick<Dimensions, 'image_size' | 'patch_size'> | undefined,
): readonly Finding[] {
  const side = model ? Math.floor(model.image_size / model.patch_size) : Number.POSITIVE_INFINITY
  if (window > side)
    return [
      {
        code: 'shape-mismatch',
        at: ['sao', 'window'],
        message: `'window' ${window} is wider than the grid of ${side} x ${side} patches`,
      },
    ]
  if (stride <= window) return []
  return [
    {
      code: 'shape-mismatch',
      at: ['sao', 'stride'],
      message: `Windows of ${window} patches every ${stride} leave gaps`,
      fix: { hint: `write at most ${window}` },
    },
  ]
}
