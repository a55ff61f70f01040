/** Architectures of OpenCLIP, by its names. */
import type { Dimensions } from '../definition.ts'

/** Plain ViTs of OpenCLIP. */
export type OpenClipArchitecture = 'ViT-B-32' | 'ViT-B-16' | 'ViT-L-14' | 'ViT-L-14-336' | 'ViT-H-14' | 'ViT-g-14'

/** Dimensions of an architecture; each field may be written in its place. */
export interface OpenClipDimensions extends Dimensions {
  readonly vocab_size: number
}

const ofClip = { image_size: 224, vocab_size: 49408 } as const
const textB = { width: 512, layers: 12, heads: 8, context_length: 77 } as const
const textL = { width: 768, layers: 12, heads: 12, context_length: 77 } as const
const textH = { width: 1024, layers: 24, heads: 16, context_length: 77 } as const
const visionB = { width: 768, layers: 12, heads: 12 } as const
const visionL = { width: 1024, layers: 24, heads: 16 } as const

/** Architectures by OpenCLIP's names, as its `model_configs` have them. */
export const openClipArchitectures: { readonly [name in OpenClipArchitecture]: OpenClipDimensions } = {
  'ViT-B-32': { ...ofClip, patch_size: 32, vision: visionB, text: textB, embed_dim: 512 },
  'ViT-B-16': { ...ofClip, patch_size: 16, vision: visionB, text: textB, embed_dim: 512 },
  'ViT-L-14': { ...ofClip, patch_size: 14, vision: visionL, text: textL, embed_dim: 768 },
  'ViT-L-14-336': { ...ofClip, image_size: 336, patch_size: 14, vision: visionL, text: textL, embed_dim: 768 },
  'ViT-H-14': {
    ...ofClip,
    patch_size: 14,
    vision: { width: 1280, layers: 32, heads: 16 },
    text: textH,
    embed_dim: 1024,
  },
  'ViT-g-14': {
    ...ofClip,
    patch_size: 14,
    vision: { width: 1408, layers: 40, heads: 16, mlp: 6144 },
    text: textH,
    embed_dim: 1024,
  },
}
