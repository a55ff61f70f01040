/** Sizes of an OpenCLIP model, as open_clip writes them. */
import { readFile } from 'node:fs/promises'

interface OpenClipTower {
  readonly width: number
  readonly layers: number
  readonly heads: number
  /** Hidden channels of an MLP over its width. */
  readonly mlpRatio: number
}

export interface OpenClipConfig {
  readonly kind: 'openclip'
  readonly embedDim: number
  /** Whether activations are `quickGelu` in place of the exact GELU. */
  readonly quickGelu: boolean
  readonly vision: OpenClipTower & { readonly imageSize: number; readonly patchSize: number }
  readonly text: OpenClipTower & { readonly contextLength: number; readonly vocabSize: number }
  /** Means and standard deviations of red, green and blue over 0 to 1. Absent: those of OpenAI's CLIP. */
  readonly mean?: readonly number[]
  readonly deviation?: readonly number[]
}

/** The keys that are understood, with open_clip's defaults. */
const visionDefaults = { image_size: 224, layers: 12, width: 768, head_width: 64, patch_size: 16, mlp_ratio: 4 }
const textDefaults = { context_length: 77, vocab_size: 49408, width: 512, heads: 8, layers: 12, mlp_ratio: 4 }

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** `given` over `defaults`; throws at a key that has no default or a value that is not a positive number. */
function withDefaults<T extends Readonly<Record<string, number>>>(given: unknown, defaults: T, path: string): T {
  if (!isRecord(given)) throw new Error(`'${path}' is missing; it holds the sizes of the encoder`)
  for (const [key, value] of Object.entries(given)) {
    if (!(key in defaults))
      throw new Error(`'${path}.${key}' is not supported; plain ViT models have ${Object.keys(defaults).join(', ')}`)
    if (typeof value !== 'number' || !(value > 0))
      throw new Error(`'${path}.${key}' is ${JSON.stringify(value)}, not a positive number`)
  }
  return { ...defaults, ...given }
}

/**
 * Reads the content of `config.json`, or of `open_clip_config.json` as models on the Hugging Face hub have it (with the
 * sizes under `model_cfg`). Throws at a key that this implementation does not follow, such as another kind of encoder.
 */
export function parseOpenClipConfig(content: unknown): OpenClipConfig {
  const raw = isRecord(content) && isRecord(content.model_cfg) ? content.model_cfg : content
  if (!isRecord(raw)) throw new Error('the content is not an object with embed_dim, vision_cfg and text_cfg')
  if (typeof raw.embed_dim !== 'number') throw new Error("'embed_dim' is missing; it is the width of the embeddings")
  const preprocess = isRecord(content) ? content.preprocess_cfg : undefined
  const vision = withDefaults(raw.vision_cfg, visionDefaults, 'vision_cfg')
  const text = withDefaults(raw.text_cfg, textDefaults, 'text_cfg')
  return {
    kind: 'openclip',
    embedDim: raw.embed_dim,
    quickGelu: raw.quick_gelu === true,
    vision: {
      imageSize: vision.image_size,
      patchSize: vision.patch_size,
      width: vision.width,
      layers: vision.layers,
      heads: vision.width / vision.head_width,
      mlpRatio: vision.mlp_ratio,
    },
    text: {
      contextLength: text.context_length,
      vocabSize: text.vocab_size,
      width: text.width,
      layers: text.layers,
      heads: text.heads,
      mlpRatio: text.mlp_ratio,
    },
    ...colours(preprocess),
  }
}

/** Means and deviations of `preprocess_cfg`, where it has them. */
function colours(preprocess: unknown): Pick<OpenClipConfig, 'mean' | 'deviation'> {
  const three = (value: unknown): readonly number[] | undefined =>
    Array.isArray(value) && value.length === 3 && value.every(item => typeof item === 'number') ? value : undefined
  const [mean, deviation] = isRecord(preprocess) ? [three(preprocess.mean), three(preprocess.std)] : []
  return { ...(mean && { mean }), ...(deviation && { deviation }) }
}

/** Reads a configuration; errors name the file. */
export async function readOpenClipConfig(path: string): Promise<OpenClipConfig> {
  const text = await readFile(path, 'utf8')
  try {
    return parseOpenClipConfig(JSON.parse(text))
  } catch (error) {
    throw new Error(
      `'${path}' does not describe a model that can be read: ${error instanceof Error ? error.message : error}`,
    )
  }
}

/** Shape of every parameter by open_clip's name, in the order of its state dict. Linear weights are [out, in]. */
export function openClipShapes(config: OpenClipConfig): Readonly<Record<string, readonly number[]>> {
  const { vision, text, embedDim } = config
  const pair = (name: string, out: number, ...into: readonly number[]) => ({
    [`${name}weight`]: [out, ...into],
    [`${name}bias`]: [out],
  })
  const block = (name: string, { width, mlpRatio }: OpenClipTower) => ({
    ...pair(`${name}.ln_1.`, width),
    ...pair(`${name}.attn.in_proj_`, 3 * width, width),
    ...pair(`${name}.attn.out_proj.`, width, width),
    ...pair(`${name}.ln_2.`, width),
    ...pair(`${name}.mlp.c_fc.`, mlpRatio * width, width),
    ...pair(`${name}.mlp.c_proj.`, width, mlpRatio * width),
  })
  const blocks = (name: string, tower: OpenClipTower): Record<string, readonly number[]> =>
    Object.assign({}, ...Array.from({ length: tower.layers }, (_, i) => block(`${name}.${i}`, tower)))
  return {
    positional_embedding: [text.contextLength, text.width],
    text_projection: [text.width, embedDim],
    logit_scale: [],
    'visual.class_embedding': [vision.width],
    'visual.positional_embedding': [(vision.imageSize / vision.patchSize) ** 2 + 1, vision.width],
    'visual.proj': [vision.width, embedDim],
    'visual.conv1.weight': [vision.width, 3, vision.patchSize, vision.patchSize],
    ...pair('visual.ln_pre.', vision.width),
    ...blocks('visual.transformer.resblocks', vision),
    ...pair('visual.ln_post.', vision.width),
    ...blocks('transformer.resblocks', text),
    'token_embedding.weight': [text.vocabSize, text.width],
    ...pair('ln_final.', text.width),
  }
}
