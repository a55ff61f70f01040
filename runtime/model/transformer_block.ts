/** Transformer blocks that may be computed again for their gradient, so that memory does not grow with depth. */
import { recomputed, type tf } from '../engine/mod.ts'
import { type Weights, weight } from './layers.ts'

/** What a block reads beside its weights: only `x` and `image` have gradients. */
export interface TransformerBlockInputs {
  readonly x: tf.Tensor
  /** Image tokens that it cross-attends to. */
  readonly image?: tf.Tensor | undefined
  /** Added to attention scores, broadcast to [b, heads, n, n]. */
  readonly mask?: tf.Tensor | undefined
}

/** A block, and how it is computed. */
export interface TransformerBlockOptions {
  /** What the names of its weights begin with, without the dot. */
  readonly name: string
  readonly recompute: boolean | undefined
  readonly run: (inputs: TransformerBlockInputs, weights: Weights) => tf.Tensor
}

/** One block: [b, n, width] -> [b, n, width]. */
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
