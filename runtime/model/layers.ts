/** Layers in plain tfjs. Weights are records by name; linear weights are [out, in]. */
import { tf } from '../engine/mod.ts'

/** Parameters by name. */
export type Weights = Readonly<Record<string, tf.Tensor>>

const epsilon = 1e-5

/** The parameter of a name; throws if there is none. */
export function weight(weights: Weights, name: string): tf.Tensor {
  const found = weights[name]
  if (found === undefined) throw new Error(`The model has no parameter '${name}'`)
  return found
}

/** x [..., in] -> [..., out] by a matrix [out, in] and an optional bias [out]. */
export function affine(x: tf.Tensor, matrix: tf.Tensor, bias?: tf.Tensor): tf.Tensor {
  const [out = 0, into = 0] = matrix.shape
  const rows = tf.matMul(tf.reshape(x, [-1, into]), matrix as tf.Tensor2D, false, true)
  return tf.reshape(bias === undefined ? rows : tf.add(rows, bias), [...x.shape.slice(0, -1), out])
}

/** x [..., in] -> [..., out] by `NAME.weight` and `NAME.bias`. */
export const linear = (x: tf.Tensor, weights: Weights, name: string): tf.Tensor =>
  affine(x, weight(weights, `${name}.weight`), weight(weights, `${name}.bias`))

/** images [b, 3, s, s] -> patches [b, grid * grid, 3 * patch * patch], rows first. */
export function patchRows(images: tf.Tensor, patch: number): tf.Tensor {
  const [batch = 0, , size = 0] = images.shape
  const grid = size / patch
  const cut = tf.transpose(tf.reshape(images, [batch, 3, grid, patch, grid, patch]), [0, 2, 4, 1, 3, 5])
  return tf.reshape(cut, [batch, grid * grid, 3 * patch * patch])
}

/** tokens [b, n] -> their rows of `table` plus the first n rows of `positions`: [b, n, width]. */
export function embedTokens(tokens: tf.Tensor, table: tf.Tensor, positions: tf.Tensor): tf.Tensor {
  const [batch = 0, count = 0] = tokens.shape
  const width = table.shape[1] ?? 0
  const rows = tf.gather(table, tf.reshape(tf.cast(tokens, 'int32'), [-1]))
  return tf.add(tf.reshape(rows, [batch, count, width]), tf.slice(positions, [0, 0], [count, width]))
}

/** Added to an attention score, it masks the key. */
export const hidden = -1e9

/** The mask of later keys for each query: [1, 1, n, n]. */
export const causalMask = (count: number): tf.Tensor =>
  tf.tensor(
    Float32Array.from({ length: count * count }, (_, i) => (i % count > Math.floor(i / count) ? hidden : 0)),
    [1, 1, count, count],
  )

/**
 * (x - mean) / sqrt(variance + epsilon) along the last axis, epsilon 1e-5. The gradient has its usual closed form, because
 * the gradient that the tape derives takes three times as many passes over memory.
 */
function standardize(x: tf.Tensor): tf.Tensor {
  const over = tf.customGrad((...args) => {
    const [input, save] = args as unknown as [tf.Tensor, tf.GradSaveFunc]
    const centred = tf.sub(input, tf.mean(input, -1, true))
    const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), epsilon))
    const standardized = tf.mul(centred, inverse)
    save([standardized, inverse])
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor => {
      const [unit, scale] = saved as [tf.Tensor, tf.Tensor]
      const along = tf.mean(tf.mul(dy, unit), -1, true)
      return tf.mul(tf.sub(tf.sub(dy, tf.mean(dy, -1, true)), tf.mul(unit, along)), scale)
    }
    return { value: standardized, gradFunc }
  })
  return over(x)
}

/** Layer normalisation over the last axis. */
export const layerNorm = (x: tf.Tensor, weights: Weights, name: string): tf.Tensor =>
  tf.add(tf.mul(standardize(x), weight(weights, `${name}.weight`)), weight(weights, `${name}.bias`))

/**
 * Layer normalisation and a linear layer: `norm` is the name of the norm, `linear` the prefix of the layer's `weight` and
 * `bias`. If x has at least as many elements as the matrix, gain and bias of the norm are folded into the matrix, which
 * saves passes over x and its gradient.
 */
export function normLinear(
  x: tf.Tensor,
  weights: Weights,
  { norm, linear }: { readonly norm: string; readonly linear: string },
): tf.Tensor {
  const [matrix, bias] = [weight(weights, `${linear}weight`), weight(weights, `${linear}bias`)]
  const [out = 0, into = 0] = matrix.shape
  if (x.size < out * into) return affine(layerNorm(x, weights, norm), matrix, bias)
  const [gain, shift] = [weight(weights, `${norm}.weight`), weight(weights, `${norm}.bias`)]
  return affine(standardize(x), tf.mul(matrix, gain), tf.add(bias, tf.sum(tf.mul(matrix, shift), 1)))
}

/**
 * Exact (erf) GELU in terms of u = x / sqrt(2): the constant factors can then be folded into the matrix products before and
 * after. The forward pass also computes the derivative, so that the backward pass needs this one array only.
 */
export function gelu(x: tf.Tensor): tf.Tensor {
  const activate = tf.customGrad((...args) => {
    const [input, save] = args as unknown as [tf.Tensor, tf.GradSaveFunc]
    const scaled = tf.mul(input, Math.SQRT1_2)
    const share = tf.add(tf.erf(scaled), 1)
    // exp(log(2 / sqrt pi) - u^2) is the derivative of erf(u).
    const density = tf.exp(tf.sub(Math.log(2 / Math.sqrt(Math.PI)), tf.mul(scaled, scaled)))
    save([tf.add(share, tf.mul(scaled, density))])
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor => {
      const [slope] = saved as [tf.Tensor]
      return tf.mul(tf.mul(dy, slope), 0.5)
    }
    return { value: tf.mul(tf.mul(scaled, share), Math.SQRT1_2), gradFunc }
  })
  return activate(x)
}

/** The approximation of GELU that OpenAI's CLIP was trained with, x * sigmoid(1.702 x), with its gradient in closed form. */
export function quickGelu(x: tf.Tensor): tf.Tensor {
  const activate = tf.customGrad((...args) => {
    const [input, save] = args as unknown as [tf.Tensor, tf.GradSaveFunc]
    const share = tf.sigmoid(tf.mul(input, 1.702))
    save([input, share])
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor => {
      const [z, below] = saved as [tf.Tensor, tf.Tensor]
      return tf.mul(dy, tf.mul(below, tf.add(tf.mul(tf.mul(z, 1.702), tf.sub(1, below)), 1)))
    }
    return { value: tf.mul(input, share), gradFunc }
  })
  return activate(x)
}

/** [b, n, width] -> [b, heads, n, width / heads]. */
export function splitHeads(x: tf.Tensor, heads: number): tf.Tensor {
  const [batch = 0, tokens = 0, width = 0] = x.shape
  return tf.transpose(tf.reshape(x, [batch, tokens, heads, width / heads]), [0, 2, 1, 3])
}

/** Queries, keys and values [b, heads, n, d] -> [b, n, heads * d]; `mask` is added to the scores. */
export function attend(query: tf.Tensor, key: tf.Tensor, value: tf.Tensor, mask?: tf.Tensor): tf.Tensor {
  const [batch = 0, heads = 0, tokens = 0, depth = 0] = query.shape
  const scores = tf.mul(tf.matMul(query, key, false, true), 1 / Math.sqrt(depth))
  const mixed = tf.matMul(tf.softmax(mask === undefined ? scores : tf.add(scores, mask)), value)
  return tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [batch, tokens, heads * depth])
}

/** Options of self-attention. */
export interface AttentionOptions {
  readonly heads: number
  /** Added to the scores, broadcast to [b, heads, queries, keys]: 0 for visible keys, -1e9 for masked ones. */
  readonly mask?: tf.Tensor
}

/**
 * x + attn(ln_1 x), the first part of a pre-norm block: multi-head self-attention with a packed projection to q, k, v,
 * its parameters `in_proj.weight` and `in_proj.bias`, or `in_proj_weight` and `in_proj_bias` as PyTorch names them.
 */
export function addAttention(
  x: tf.Tensor,
  weights: Weights,
  name: string,
  { heads, mask }: AttentionOptions,
): tf.Tensor {
  const into = `${name}.attn.in_proj`
  const joint = `${into}_weight` in weights ? '_' : '.'
  const projected = normLinear(x, weights, { norm: `${name}.ln_1`, linear: `${into}${joint}` })
  const [query, key, value] = tf.split(projected, 3, -1).map(part => splitHeads(part, heads)) as [
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
  ]
  return tf.add(x, linear(attend(query, key, value, mask), weights, `${name}.attn.out_proj`))
}

/** x + cross_attn(ln_cross x, source), the second part of a block with cross-attention: separate projections to q, k, v. */
export function addCrossAttention(
  x: tf.Tensor,
  weights: Weights,
  name: string,
  { heads, source }: { readonly heads: number; readonly source: tf.Tensor },
): tf.Tensor {
  const into = `${name}.cross_attn`
  const query = splitHeads(normLinear(x, weights, { norm: `${name}.ln_cross`, linear: `${into}.q_proj.` }), heads)
  const project = (part: string) => splitHeads(linear(source, weights, `${into}.${part}`), heads)
  return tf.add(x, linear(attend(query, project('k_proj'), project('v_proj')), weights, `${into}.out_proj`))
}

/** x + mlp(ln_2 x), the last part of a pre-norm block. */
export function addMlp(x: tf.Tensor, weights: Weights, name: string, activate = gelu): tf.Tensor {
  const inner = normLinear(x, weights, { norm: `${name}.ln_2`, linear: `${name}.mlp.c_fc.` })
  return tf.add(x, linear(activate(inner), weights, `${name}.mlp.c_proj`))
}

/** x over its Euclidean norm along the last axis. */
export const unit = (x: tf.Tensor): tf.Tensor => tf.mul(x, tf.rsqrt(tf.add(tf.sum(tf.square(x), -1, true), 1e-12)))
