/**
 * Named sizes of MaMMUT.
 *
 * Image encoders are the ViTs of Dosovitskiy et al. (arXiv 2010.11929; Ti and S: Touvron et al., arXiv 2012.12877), and
 * for the paper's 400 M SoViT-400m/14 (Alabdulmohsin et al., arXiv 2305.13035). Text decoders are as wide and deep as the
 * text encoders that OpenCLIP gives these ViTs. The paper states 400 M parameters for its decoder and no dimensions: a
 * decoder as wide as the encoder, 20 blocks deep, is this project's reading, as are vocabularies and context lengths.
 */
import type { Dimensions } from '../definition.ts'

/** Named sizes of MaMMUT. */
export type MammutSize = 'micro' | 'tiny' | 'small' | 'base' | 'large' | 'paper'

/** A size; each field may be written in its place. */
export interface MammutDimensions extends Dimensions {
  readonly tokenizer: { readonly vocab_size: number }
}

/** ViTs of 224 pixels read captions of up to 64 tokens, as SigLIP's do (arXiv 2303.15343). */
const common = { image_size: 224, patch_size: 16 } as const
const contextLength = 64

/** Every size. */
export const mammutSizes: { readonly [size in MammutSize]: MammutDimensions } = {
  micro: {
    image_size: 64,
    patch_size: 8,
    vision: { width: 128, layers: 4, heads: 4 },
    text: { width: 128, layers: 4, heads: 4, context_length: 32 },
    embed_dim: 128,
    tokenizer: { vocab_size: 2048 },
  },
  tiny: {
    ...common,
    vision: { width: 192, layers: 12, heads: 3 },
    text: { width: 192, layers: 12, heads: 3, context_length: contextLength },
    embed_dim: 192,
    tokenizer: { vocab_size: 8192 },
  },
  small: {
    ...common,
    vision: { width: 384, layers: 12, heads: 6 },
    text: { width: 384, layers: 12, heads: 6, context_length: contextLength },
    embed_dim: 384,
    tokenizer: { vocab_size: 16384 },
  },
  base: {
    ...common,
    vision: { width: 768, layers: 12, heads: 12 },
    text: { width: 512, layers: 12, heads: 8, context_length: contextLength },
    embed_dim: 512,
    tokenizer: { vocab_size: 32000 },
  },
  large: {
    ...common,
    patch_size: 14,
    vision: { width: 1024, layers: 24, heads: 16 },
    text: { width: 768, layers: 12, heads: 12, context_length: contextLength },
    embed_dim: 768,
    tokenizer: { vocab_size: 32000 },
  },
  paper: {
    ...common,
    patch_size: 14,
    vision: { width: 1152, layers: 27, heads: 16, mlp: 4304 },
    text: { width: 1152, layers: 20, heads: 16, mlp: 4304, context_length: contextLength },
    embed_dim: 1152,
    tokenizer: { vocab_size: 32000 },
  },
}
