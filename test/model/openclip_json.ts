/** Sizes of a model in OpenCLIP's JSON: `config.json`, or `open_clip_config.json` with the sizes under `model_cfg`. */
import { readFile } from 'node:fs/promises'
import type { OpenClipConfig } from '../../runtime/model/openclip_config.ts'

interface OpenClipJson {
  readonly embed_dim: number
  readonly quick_gelu?: boolean
  readonly vision_cfg: Sizes & { readonly image_size: number; readonly patch_size: number; readonly head_width: number }
  readonly text_cfg: Sizes & { readonly context_length: number; readonly vocab_size: number; readonly heads: number }
}

interface Sizes {
  readonly width: number
  readonly layers: number
  readonly mlp_ratio?: number
}

/** Reads the sizes; keys without a default in open_clip must be there. */
export async function readOpenClipJson(path: string): Promise<OpenClipConfig> {
  const content = JSON.parse(await readFile(path, 'utf8'))
  const {
    embed_dim,
    quick_gelu = false,
    vision_cfg: vision,
    text_cfg: text,
  }: OpenClipJson = content.model_cfg ?? content
  const { mean, std: deviation } = content.preprocess_cfg ?? {}
  return {
    kind: 'openclip',
    embedDim: embed_dim,
    quickGelu: quick_gelu,
    vision: {
      imageSize: vision.image_size,
      patchSize: vision.patch_size,
      width: vision.width,
      layers: vision.layers,
      heads: vision.width / vision.head_width,
      mlpRatio: vision.mlp_ratio ?? 4,
    },
    text: {
      contextLength: text.context_length,
      vocabSize: text.vocab_size,
      width: text.width,
      layers: text.layers,
      heads: text.heads,
      mlpRatio: text.mlp_ratio ?? 4,
    },
    ...(mean && { mean, deviation }),
  }
}
