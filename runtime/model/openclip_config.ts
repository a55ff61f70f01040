/** Sizes of an OpenCLIP model, and the shapes of its parameters. */

/** Sizes of an encoder. */
interface OpenClipTower {
  readonly width: number
  readonly layers: number
  readonly heads: number
  /** Ratio of the hidden channels of an MLP to its width. */
  readonly mlpRatio: number
}

/** Sizes and constants of an OpenCLIP model. */
export interface OpenClipConfig {
  readonly kind: 'openclip'
  readonly embedDim: number
  /** True if activations are `quickGelu` instead of the exact GELU. */
  readonly quickGelu: boolean
  readonly vision: OpenClipTower & { readonly imageSize: number; readonly patchSize: number }
  readonly text: OpenClipTower & { readonly contextLength: number; readonly vocabSize: number }
  /** Means of red, green and blue over 0 to 1. @default those of OpenAI's CLIP */
  readonly mean?: readonly number[]
  /** Standard deviations of red, green and blue over 0 to 1. @default those of OpenAI's CLIP */
  readonly deviation?: readonly number[]
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
