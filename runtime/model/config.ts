/** Sizes of a MaMMUT model, and the shapes of its parameters. */

/** Sizes of a transformer. */
export interface TransformerSizes {
  readonly width: number
  readonly layers: number
  readonly heads: number
  /** Hidden channels of an MLP. @default the width times `mlpRatio` of the model */
  readonly mlp?: number | undefined
}

/** Sizes of a MaMMUT model. */
export interface MammutConfig {
  readonly imageSize: number
  readonly patchSize: number
  readonly vision: TransformerSizes
  readonly text: TransformerSizes & {
    /** Tokens of a caption, with start and end token. */
    readonly contextLength: number
    readonly vocabSize: number
    /** Blocks i with i % n == n - 1 cross-attend to the image tokens. */
    readonly crossAttnEvery: number
  }
  readonly embedDim: number
  /** Ratio of the hidden channels of an MLP to its width. */
  readonly mlpRatio: number
}

/** A model, and options of its computation. */
export interface ComputedMammut extends MammutConfig {
  /** Recomputes each block for its gradient, so that memory does not grow with depth. @default false */
  readonly recompute?: boolean
}

/** Patches along one side of the image. */
export const gridSide = (config: MammutConfig): number => config.imageSize / config.patchSize

/** True if a text block cross-attends to the image. */
export const crossAttends = (config: MammutConfig, block: number): boolean =>
  block % config.text.crossAttnEvery === config.text.crossAttnEvery - 1

/** Shape of every parameter by name, in the order of the forward pass. Linear weights are [out, in]. */
export function parameterShapes(config: MammutConfig): Readonly<Record<string, readonly number[]>> {
  const { vision, text, embedDim, patchSize, mlpRatio } = config
  const linear = (name: string, out: number, into: number) => ({
    [`${name}.weight`]: [out, into],
    [`${name}.bias`]: [out],
  })
  const norm = (name: string, width: number) => ({ [`${name}.weight`]: [width], [`${name}.bias`]: [width] })
  const selfAttention = (name: string, width: number) => ({
    ...linear(`${name}.in_proj`, 3 * width, width),
    ...linear(`${name}.out_proj`, width, width),
  })
  const attention = (name: string, width: number, source: number) => ({
    ...linear(`${name}.q_proj`, width, width),
    ...linear(`${name}.k_proj`, width, source),
    ...linear(`${name}.v_proj`, width, source),
    ...linear(`${name}.out_proj`, width, width),
  })
  const block = (name: string, { width, mlp = mlpRatio * width }: TransformerSizes, cross: boolean) => ({
    ...norm(`${name}.ln_1`, width),
    ...selfAttention(`${name}.attn`, width),
    ...(cross ? { ...norm(`${name}.ln_cross`, width), ...attention(`${name}.cross_attn`, width, vision.width) } : {}),
    ...norm(`${name}.ln_2`, width),
    ...linear(`${name}.mlp.c_fc`, mlp, width),
    ...linear(`${name}.mlp.c_proj`, width, mlp),
  })
  const blocks = (count: number, make: (index: number) => Record<string, number[]>) =>
    Object.assign({}, ...Array.from({ length: count }, (_, index) => make(index))) as Record<string, number[]>
  return {
    'visual.patch_embed.weight': [vision.width, 3, patchSize, patchSize],
    'visual.patch_embed.bias': [vision.width],
    'visual.pos_embed': [gridSide(config) ** 2, vision.width],
    ...blocks(vision.layers, index => block(`visual.blocks.${index}`, vision, false)),
    ...norm('visual.ln_post', vision.width),
    'visual.attn_pool.query': [1, vision.width],
    ...attention('visual.attn_pool', vision.width, vision.width),
    ...norm('visual.attn_pool.ln', vision.width),
    'visual.proj': [vision.width, embedDim],
    'text.token_embedding.weight': [text.vocabSize, text.width],
    'text.pos_embed': [text.contextLength, text.width],
    ...blocks(text.layers, index => block(`text.blocks.${index}`, text, crossAttends(config, index))),
    ...norm('text.ln_final', text.width),
    'text.proj': [text.width, embedDim],
    logit_scale: [],
  }
}
