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
  /**
   * Gives every dimension that is not written. `micro` (2 M parameters) takes images of 64 pixels; `tiny` (14 M),
   * `small` (54 M), `base` (151 M) and `large` (435 M) are the ViTs Ti, S, B at patches of 16 and L at 14 pixels, for images
   * of 224; `paper` (815 M) is SoViT-400m/14 with a text decoder of about as many parameters, this project's reading.
   * @default "micro"
   * @source Dosovitskiy et al., arXiv 2010.11929; Alabdulmohsin et al., arXiv 2305.13035
   */
  size?: MammutSize
  /** Image side; a multiple of the patch size. Absent: that of `size`. @minimum 8 @asType integer @unit pixels */
  image_size?: number
  /** Patch side. Absent: that of `size`. @minimum 2 @asType integer @unit pixels */
  patch_size?: number
  /** Image encoder. Absent: that of `size`. */
  vision?: Tower
  /** Text decoder. Absent: that of `size`. */
  text?: TextTower
  /** Width of the shared embedding. Absent: that of `size`. @minimum 4 @asType integer */
  embed_dim?: number
  /** Byte-level BPE trained on these captions. */
  tokenizer: TokenizerSpec
}

/** Named sizes of MaMMUT. */
export type MammutSize = 'micro' | 'tiny' | 'small' | 'base' | 'large' | 'paper'

/** Transformer sizes; those that are not written are those of the model's `size`. */
export interface Tower {
  /** Channels; a multiple of `heads`. @minimum 4 @asType integer @examples [128] */
  width?: number
  /** Blocks. @minimum 1 @asType integer @examples [4] */
  layers?: number
  /** Attention heads. @minimum 1 @asType integer @examples [4] */
  heads?: number
  /**
   * Hidden channels of each block's MLP. Absent: those of `size` where the width is that of `size`, too, else four times
   * the width. @minimum 4 @asType integer @unit channels
   */
  mlp?: number
}

/** The text decoder. */
export interface TextTower extends Tower {
  /** Most tokens of a caption, begin and end included. Absent: that of `size`. @minimum 4 @asType integer @unit tokens */
  context_length?: number
  /** Every how many blocks one cross-attends to image tokens. @default 2 @minimum 1 @asType integer @unit blocks @source MaMMUT §3 */
  cross_attn_every?: number
}

/** A tokenizer trained in the recipe, written as a Hugging Face `tokenizer.json`. */
export interface TokenizerSpec {
  kind: 'bpe'
  /** Vocabulary size, special tokens included. Absent: that of the model's `size`. @minimum 260 @asType integer @unit tokens */
  vocab_size?: number
  /** Datasets whose captions it learns from. @minItems 1 @examples [["places.train"]] */
  from: DatasetRef[]
}
