/** Architectures and their tokenizers. */
import type { DatasetRef } from './scalars.ts'

/** An architecture. */
export type Model = MammutModel

/**
 * MaMMUT: ViT image encoder and one text decoder used in two passes.
 * @source Kuo et al., arXiv 2303.16839; Barzilai et al., arXiv 2503.08722 trains it
 */
export interface MammutModel {
  kind: 'mammut'
  /** Image side; a multiple of the patch size. @default 64 @minimum 8 @asType integer @unit pixels */
  image_size?: number
  /** Patch side. @default 8 @minimum 2 @asType integer @unit pixels */
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
  /** Channels; a multiple of `heads`. @minimum 4 @asType integer @examples [128] */
  width: number
  /** Blocks. @minimum 1 @asType integer @examples [4] */
  layers: number
  /** Attention heads. @minimum 1 @asType integer @examples [4] */
  heads: number
}

/** The text decoder. */
export interface TextTower extends Tower {
  /** Most tokens of a caption, begin and end included. @default 32 @minimum 4 @asType integer @unit tokens */
  context_length?: number
  /** Every how many blocks one cross-attends to image tokens. @default 2 @minimum 1 @asType integer @unit blocks @source MaMMUT §3 */
  cross_attn_every?: number
}

/** A tokenizer trained in the recipe, written as a Hugging Face `tokenizer.json`. */
export interface TokenizerSpec {
  kind: 'bpe'
  /** Vocabulary size, special tokens included. @default 2048 @minimum 260 @asType integer @unit tokens */
  vocab_size?: number
  /** Datasets whose captions it learns from. @minItems 1 @examples [["places.train"]] */
  from: DatasetRef[]
}
