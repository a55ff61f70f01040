/** Transformer blocks with optional recomputation (gradient checkpointing), so that memory does not grow with depth. */
import { recomputed, type tf } from '../engine/mod.ts'
import { type Weights, weight } from './layers.ts'

/** Inputs of a block beside its weights; `x` and `image` have gradients. */
export interface TransformerBlockInputs {
  readonly x: tf.Tensor
  /** Image tokens of cross-attention. */
  readonly image?: tf.Tensor | undefined
  /** Added to attention scores, broadcast to [b, heads, n, n]. */
  readonly mask?: tf.Tensor | undefined
}

/** Options of a block. */
export interface TransformerBlockOptions {
  /** Prefix of the names of its weights, without the dot. */
  readonly name: string
  readonly recompute: boolean | undefined
  readonly run: (inputs: TransformerBlockInputs, weights: Weights) => tf.Tensor
}

/** Computes a block: [b, n, width] -> [b, n, width]. */
export function computeBlock(
  inputs: TransformerBlockInputs,
  weights: Weights,
  { name, recompute, run }: TransformerBlockOptions,
): tf.Tensor {
  if (!recompute) return run(inputs, weights)
  const own = Object.keys(weights).filter(key => key.startsWith(`${name}.`))
  const { image, mask } = inputs
  return recomputed(
    ([x = inputs.x, ...rest], [masking]) => {
      const source = image === undefined ? undefined : rest.shift()
      return run({ x, image: source, mask: masking }, Object.fromEntries(own.map((key, i) => [key, rest[i] ?? x])))
    },
    [inputs.x, ...(image ? [image] : []), ...own.map(key => weight(weights, key))],
    mask ? [mask] : [],
  )
}
