/** Architectures and their tokenizers. */
import type { DatasetRef, Path, Share } from './scalars.ts'

/** An architecture. @discriminator kind */
export type Model = MammutModel | OpenClipModel

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

/**
 * CLIP in OpenCLIP's format, with its weights: evaluated as it is, or trained further, contrastively alone. RemoteCLIP,
 * GeoRSCLIP and SkyCLIP are distributed so.
 * @source Radford et al., arXiv 2103.00020; Ilharco et al., OpenCLIP
 */
export interface OpenClipModel {
  kind: 'openclip'
  /** Gives every dimension that is not written, by OpenCLIP's name of a ViT with a class token. @default "ViT-B-32" */
  architecture?: OpenClipArchitecture
  /**
   * Weights by OpenCLIP's names, as safetensors. A PyTorch `.pt` or `.bin` file is a program that could do anything, and is
   * not read: convert it once with `safetensors.torch.save_file`. @examples ["clip/open_clip_model.safetensors"]
   */
  weights: Path
  /** Tokenizer of the model, as a Hugging Face `tokenizer.json`. @examples ["clip/tokenizer.json"] */
  tokenizer: Path
  /** Image side; a multiple of the patch size. Absent: that of `architecture`. @minimum 8 @asType integer @unit pixels */
  image_size?: number
  /** Patch side. Absent: that of `architecture`. @minimum 2 @asType integer @unit pixels */
  patch_size?: number
  /** Image encoder. Absent: that of `architecture`. */
  vision?: Tower
  /** Text encoder. Absent: that of `architecture`. */
  text?: TextEncoder
  /** Width of the shared embedding. Absent: that of `architecture`. @minimum 4 @asType integer */
  embed_dim?: number
  /** Vocabulary size of the token embedding. Absent: that of `architecture`. @minimum 8 @asType integer @unit tokens */
  vocab_size?: number
  /** Whether activations are OpenAI's approximation of GELU, as of models named `-quickgelu` and those of OpenAI. @default false */
  quick_gelu?: boolean
  /**
   * Means of red, green and blue, over 0 to 1, that images are normalised by. @minItems 3 @maxItems 3
   * @default [0.48145466, 0.4578275, 0.40821073] @source OpenAI's CLIP
   */
  mean?: Share[]
  /**
   * Standard deviations of red, green and blue that images are normalised by. @minItems 3 @maxItems 3
   * @default [0.26862954, 0.26130258, 0.27577711] @source OpenAI's CLIP
   */
  deviation?: Share[]
}

/** Plain ViTs of OpenCLIP. */
export type OpenClipArchitecture = 'ViT-B-32' | 'ViT-B-16' | 'ViT-L-14' | 'ViT-L-14-336' | 'ViT-H-14' | 'ViT-g-14'

/** The text encoder of a CLIP model. */
export interface TextEncoder extends Tower {
  /** Most tokens of a caption, begin and end included. Absent: that of `architecture`. @minimum 4 @asType integer @unit tokens */
  context_length?: number
}

/** Named sizes of MaMMUT. */
export type MammutSize = 'micro' | 'tiny' | 'small' | 'base' | 'large' | 'paper'

/** Transformer sizes; those that are not written are those of the model's `size` or `architecture`. */
export interface Tower {
  /** Channels; a multiple of `heads`. @minimum 4 @asType integer @examples [128] */
  width?: number
  /** Blocks. @minimum 1 @asType integer @examples [4] */
  layers?: number
  /** Attention heads. @minimum 1 @asType integer @examples [4] */
  heads?: number
  /**
   * Hidden channels of each block's MLP. Absent: that of `size` or `architecture` where the width is, too, else four times
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
