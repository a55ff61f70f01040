/**
 * MaMMUT (Kuo et al., arXiv 2303.16839): a ViT image encoder and one text decoder used in two passes.
 *
 * Blocks are pre-norm. The contrastive pass has no cross-attention and attends to every valid token; the generative pass is
 * causal and cross-attends to the image tokens.
 */
import { tf } from '../engine/mod.ts'
import { type ComputedMammut, crossAttends, type MammutConfig } from './config.ts'
import {
  addAttention,
  addCrossAttention,
  addMlp,
  affine,
  causalMask,
  embedTokens,
  hidden,
  layerNorm,
  linear,
  patchRows,
  unit,
  type Weights,
  weight,
} from './layers.ts'
import { computeBlock, type TransformerBlockInputs } from './transformer_block.ts'

interface MammutBlock {
  readonly name: string
  readonly heads: number
  readonly recompute: boolean | undefined
}

/** One pre-norm block: [b, n, width] -> [b, n, width]. */
const mammutBlock = (
  inputs: TransformerBlockInputs,
  weights: Weights,
  { name, heads, recompute }: MammutBlock,
): tf.Tensor =>
  computeBlock(inputs, weights, {
    name,
    recompute,
    run({ x, image, mask }, of) {
      const attended = addAttention(x, of, name, { heads, ...(mask && { mask }) })
      const crossed = image === undefined ? attended : addCrossAttention(attended, of, name, { heads, source: image })
      return addMlp(crossed, of, name)
    },
  })

/** images [b, 3, s, s], standardized -> image tokens [b, grid * grid, width] after `ln_post`. */
export function imageTokens(images: tf.Tensor, weights: Weights, config: ComputedMammut): tf.Tensor {
  const kernel = tf.reshape(weight(weights, 'visual.patch_embed.weight'), [config.vision.width, -1])
  const rows = affine(patchRows(images, config.patchSize), kernel, weight(weights, 'visual.patch_embed.bias'))
  let x = tf.add(rows, weight(weights, 'visual.pos_embed'))
  const { heads, layers } = config.vision
  const { recompute } = config
  for (let i = 0; i < layers; i++) x = mammutBlock({ x }, weights, { name: `visual.blocks.${i}`, heads, recompute })
  return layerNorm(x, weights, 'visual.ln_post')
}

/** Pooled features [..., width] -> unit embeddings [..., embed]. */
export function projectPooled(pooled: tf.Tensor, weights: Weights): tf.Tensor {
  const projection = weight(weights, 'visual.proj') as tf.Tensor2D
  const standardized = standardizePooled(pooled, weights)
  const rows = tf.matMul(tf.reshape(standardized, [-1, projection.shape[0]]), projection)
  return unit(tf.reshape(rows, [...pooled.shape.slice(0, -1), projection.shape[1]]))
}

/**
 * The parts of attention pooling before its sum: scores [b, heads, n] of the one learned query against each image
 * token, and values [b, heads, n, d]. Pooling over a set of tokens weights their values by the softmax of their scores.
 */
export function poolingParts(
  tokens: tf.Tensor,
  weights: Weights,
  config: MammutConfig,
): { readonly scores: tf.Tensor; readonly values: tf.Tensor } {
  const [batch = 0, count = 0, width = 0] = tokens.shape
  const { heads } = config.vision
  const depth = width / heads
  const name = 'visual.attn_pool'
  const query = tf.reshape(linear(weight(weights, `${name}.query`), weights, `${name}.q_proj`), [1, heads, depth, 1])
  const split = (part: string) =>
    tf.transpose(tf.reshape(linear(tokens, weights, `${name}.${part}`), [batch, count, heads, depth]), [0, 2, 1, 3])
  const products = tf.sum(tf.mul(split('k_proj'), tf.reshape(query, [1, heads, 1, depth])), -1)
  return { scores: tf.mul(products, 1 / Math.sqrt(depth)), values: split('v_proj') }
}

/** image tokens [b, n, width] -> unit image embeddings [b, embed] by attention pooling with one learned query. */
export const embedImage = (tokens: tf.Tensor, weights: Weights, config: MammutConfig): tf.Tensor =>
  projectPooled(poolTokens(tokens, weights, config), weights)

/** image tokens [b, n, width] -> image features [b, width]: pooled and layer-normalised, before the projection. */
export const imageFeatures = (tokens: tf.Tensor, weights: Weights, config: MammutConfig): tf.Tensor =>
  standardizePooled(poolTokens(tokens, weights, config), weights)

/** Attention pooling with one learned query: [b, n, width] -> [b, width]. */
function poolTokens(tokens: tf.Tensor, weights: Weights, config: MammutConfig): tf.Tensor {
  const [batch = 0, count = 0, width = 0] = tokens.shape
  const { scores, values } = poolingParts(tokens, weights, config)
  const shares = tf.reshape(tf.softmax(scores), [batch, config.vision.heads, 1, count])
  return tf.reshape(tf.matMul(shares, values), [batch, width])
}

const standardizePooled = (pooled: tf.Tensor, weights: Weights): tf.Tensor =>
  layerNorm(linear(pooled, weights, 'visual.attn_pool.out_proj'), weights, 'visual.attn_pool.ln')

interface DecoderOptions {
  readonly config: ComputedMammut
  /** Added to attention scores, broadcast to [b, heads, n, n]. */
  readonly mask: tf.Tensor
  /** Image tokens that the generative pass cross-attends to. */
  readonly image?: tf.Tensor
}

/** tokens [b, n] -> states [b, n, width] after `ln_final`. */
function decode(tokens: tf.Tensor, weights: Weights, { config, mask, image }: DecoderOptions): tf.Tensor {
  const { heads, layers } = config.text
  let x = embedTokens(tokens, tokenTable(weights), weight(weights, 'text.pos_embed'))
  for (let i = 0; i < layers; i++) {
    const source = crossAttends(config, i) ? image : undefined
    const name = `text.blocks.${i}`
    x = mammutBlock({ x, image: source, mask }, weights, { name, heads, recompute: config.recompute })
  }
  return layerNorm(x, weights, 'text.ln_final')
}

/** 1 where a token is not padding (0), as float32 [b, n]. */
export const validTokens = (tokens: tf.Tensor): tf.Tensor =>
  tf.cast(tf.notEqual(tokens, tf.scalar(0, 'int32')), 'float32')

/** tokens [b, n] -> unit text embeddings [b, embed]: bidirectional attention among valid tokens, then their mean. */
export function embedText(tokens: tf.Tensor, weights: Weights, config: ComputedMammut): tf.Tensor {
  const [batch = 0, count = 0] = tokens.shape
  const valid = validTokens(tokens)
  const mask = tf.reshape(tf.mul(tf.sub(1, valid), hidden), [batch, 1, 1, count])
  const states = decode(tokens, weights, { config, mask })
  const sums = tf.sum(tf.mul(states, tf.reshape(valid, [batch, count, 1])), 1)
  const means = tf.div(sums, tf.maximum(tf.sum(valid, 1, true), 1))
  return unit(tf.matMul(means as tf.Tensor2D, weight(weights, 'text.proj') as tf.Tensor2D))
}

/** tokens [b, n] and image tokens -> states [b, n - 1, width], from which the next token is predicted. */
export function captionStates(
  tokens: tf.Tensor,
  image: tf.Tensor,
  weights: Weights,
  config: ComputedMammut,
): tf.Tensor {
  const [batch = 0, length = 0] = tokens.shape
  const count = length - 1
  const input = tf.slice(tokens, [0, 0], [batch, count])
  const padding = tf.reshape(tf.mul(tf.sub(1, validTokens(input)), hidden), [batch, 1, 1, count])
  return decode(input, weights, { config, mask: tf.minimum(causalMask(count), padding), image })
}

/** The token embedding [vocabulary, width], to which next-token logits are tied: they are `affine(states, tokenTable)`. */
export const tokenTable = (weights: Weights): tf.Tensor => weight(weights, 'text.token_embedding.weight')
