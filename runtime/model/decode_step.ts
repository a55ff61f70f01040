/**
 * MaMMUT's generative pass, one token at a time. Keys and values of earlier tokens and of the image are cached, so that a
 * token costs one row of each layer. Results equal those of `captionStates`, which computes whole captions.
 */
import { tf } from '../engine/mod.ts'
import { crossAttends, type MammutConfig } from './config.ts'
import { addMlp, affine, attend, layerNorm, linear, normLinear, splitHeads, type Weights, weight } from './layers.ts'
import { imageTokens, tokenTable } from './mammut.ts'

/** Keys and values [b, heads, n, width / heads] of the tokens that a block attends to. */
export interface KeyValues {
  readonly keys: tf.Tensor
  readonly values: tf.Tensor
}

/** Names of the text blocks. */
export const textBlocks = ({ text }: MammutConfig): readonly string[] =>
  Array.from({ length: text.layers }, (_, i) => `text.blocks.${i}`)

/** Names of the text blocks that attend to the image. */
export const crossBlocks = (config: MammutConfig): readonly string[] =>
  textBlocks(config).filter((_, i) => crossAttends(config, i))

/** images [b, 3, s, s], standardized -> keys and values of the image tokens, by text block that cross-attends to them. */
export function imageKeys(
  images: tf.Tensor,
  weights: Weights,
  config: MammutConfig,
): Readonly<Record<string, KeyValues>> {
  const tokens = imageTokens(images, weights, config)
  const project = (name: string) => splitHeads(linear(tokens, weights, name), config.text.heads)
  return Object.fromEntries(
    crossBlocks(config).map(name => [
      name,
      { keys: project(`${name}.cross_attn.k_proj`), values: project(`${name}.cross_attn.v_proj`) },
    ]),
  )
}

/** Inputs of a decoding step. */
export interface DecodeInputs {
  /** The token of each caption at the position, int32 [b]. */
  readonly tokens: tf.Tensor
  /** The position, int32 [1]. */
  readonly position: tf.Tensor
  /** 0 at earlier positions, -1e9 at the position and later ones: [1, 1, 1, n]. */
  readonly mask: tf.Tensor
  /** Keys and values of earlier tokens, by text block. */
  readonly past: Readonly<Record<string, KeyValues>>
  /** Keys and values of image tokens, by text block. */
  readonly image: Readonly<Record<string, KeyValues>>
  readonly weights: Weights
}

/** Outputs of a decoding step: logits of the next token [b, vocabulary], and keys and values [b, heads, 1, d] of the given one. */
export interface DecodeOutputs {
  readonly logits: tf.Tensor
  readonly present: Readonly<Record<string, KeyValues>>
}

/** Decodes one token of each caption. */
export function decodeStep(inputs: DecodeInputs, config: MammutConfig): DecodeOutputs {
  const { tokens, position, mask, past, image, weights } = inputs
  const { width, heads } = config.text
  const [batch = 0] = tokens.shape
  const embedded = tf.gather(tokenTable(weights), tf.cast(tokens, 'int32') as tf.Tensor1D)
  const placed = tf.gather(weight(weights, 'text.pos_embed'), tf.cast(position, 'int32') as tf.Tensor1D)
  let x: tf.Tensor = tf.reshape(tf.add(embedded, placed), [batch, 1, width])
  const present: Record<string, KeyValues> = {}
  for (const name of textBlocks(config)) {
    const into = normLinear(x, weights, { norm: `${name}.ln_1`, linear: `${name}.attn.in_proj.` })
    const [query, keys, values] = tf.split(into, 3, -1).map(part => splitHeads(part, heads)) as [
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
    ]
    present[name] = { keys, values }
    const attended = attendPast(query, { keys, values }, keyValuesOf(past, name), mask)
    x = tf.add(x, linear(attended, weights, `${name}.attn.out_proj`))
    if (name in image) {
      const { keys, values } = keyValuesOf(image, name)
      const queries = normLinear(x, weights, { norm: `${name}.ln_cross`, linear: `${name}.cross_attn.q_proj.` })
      const attendedImage = attend(splitHeads(queries, heads), keys, values)
      x = tf.add(x, linear(attendedImage, weights, `${name}.cross_attn.out_proj`))
    }
    x = addMlp(x, weights, name)
  }
  const states = tf.reshape(layerNorm(x, weights, 'text.ln_final'), [batch, width])
  return { logits: affine(states, tokenTable(weights)), present }
}

/** Attention of one token to itself and to earlier tokens, without concatenating their keys and values: [b, 1, heads * d]. */
function attendPast(query: tf.Tensor, own: KeyValues, past: KeyValues, mask: tf.Tensor): tf.Tensor {
  const [batch = 0, heads = 0, , depth = 0] = query.shape
  const [, , count = 0] = past.keys.shape
  const scaled = tf.mul(query, 1 / Math.sqrt(depth))
  const before = tf.add(tf.matMul(scaled, past.keys, false, true), mask)
  const now = tf.sum(tf.mul(scaled, own.keys), -1, true)
  const shares = tf.softmax(tf.concat([before, now], -1))
  const [pastShares, ownShares] = tf.split(shares, [count, 1], -1) as [tf.Tensor, tf.Tensor]
  const mixed = tf.add(tf.matMul(pastShares, past.values), tf.mul(ownShares, own.values))
  return tf.reshape(mixed, [batch, 1, heads * depth])
}

function keyValuesOf(attended: Readonly<Record<string, KeyValues>>, name: string): KeyValues {
  const found = attended[name]
  if (found === undefined) throw new Error(`The decoder lacks keys and values of '${name}'`)
  return found
}
