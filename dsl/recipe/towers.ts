/** Sizes of transformers, as models write them. */

/** Transformer sizes; those that are not written are those of the model's `size` or `architecture`. */
export interface Tower {
  /** Channels; a multiple of `heads`. @presetBy size @minimum 4 @asType integer @examples [128] */
  width?: number
  /** Blocks. @presetBy size @minimum 1 @asType integer @examples [4] */
  layers?: number
  /** Attention heads. @presetBy size @minimum 1 @asType integer @examples [4] */
  heads?: number
  /**
   * Hidden channels of each block's MLP. Absent: that of `size` or `architecture` where the width is, too, else four times
   * the width. @minimum 4 @asType integer @unit channels
   */
  mlp?: number
}

/** The text decoder. */
export interface TextTower extends Tower {
  /** Most tokens of a caption, begin and end included. Absent: that of `size`. @presetBy size @minimum 4 @asType integer @unit tokens */
  context_length?: number
  /**
   * Distance between blocks that cross-attend to image tokens. @default 2 @minimum 1 @asType integer
   * @unit blocks @source MaMMUT §3
   */
  cross_attn_every?: number
}

/** The text encoder of a CLIP model. */
export interface TextEncoder extends Tower {
  /** Most tokens of a caption, begin and end included. Absent: that of `architecture`. @presetBy size @minimum 4 @asType integer @unit tokens */
  context_length?: number
}
