/** Architectures and their tokenizers. */
import type { DatasetRef } from './scalars.ts'

/** An architecture. */
export type Model = MammutModel

/** MaMMUT (Kuo et al., arXiv 2303.16839): ViT image encoder and one text decoder used in two passes. */
export interface MammutModel {
  kind: 'mammut'
  /** Image side in pixels; a multiple of the patch size. @default 64 @minimum 8 @asType integer */
  image_size?: number
  /** Patch side in pixels. @default 8 @minimum 2 @asType integer */
  patch_size?: number
  /** Image encoder. */
  vision: Tower
  /** Text decoder. */
  text: TextTower
  /** Width of the shared embedding. @default 128 @minimum 4 @asType integer */
  embed_dim?: number
  /** Byte-level BPE trained on these captions. */
  tokenizer: TokenizerSpec
}

/** Transformer sizes. */
export interface Tower {
  /** Channels; a multiple of `heads`. @minimum 4 @asType integer */
  width: number
  /** Blocks. @minimum 1 @asType integer */
  layers: number
  /** Attention heads. @minimum 1 @asType integer */
  heads: number
}

/** The text decoder. */
export interface TextTower extends Tower {
  /** Most tokens of a caption, begin and end included. @default 32 @minimum 4 @asType integer */
  context_length?: number
  /** Every how many blocks one cross-attends to image tokens (MaMMUT §3). @default 2 @minimum 1 @asType integer */
  cross_attn_every?: number
}

/** A tokenizer trained in the recipe, written as a Hugging Face `tokenizer.json`. */
export interface TokenizerSpec {
  kind: 'bpe'
  /** Vocabulary size, special tokens included. @default 2048 @minimum 260 @asType integer */
  vocab_size?: number
  /** Datasets whose captions it learns from. @minItems 1 */
  from: DatasetRef[]
}
