/**
 * CLIP as OpenCLIP defines it: a ViT with a class token and a norm before its blocks, and a causal text encoder pooled
 * at the end token. Parameters have the names of open_clip's state dict.
 */
import { DataFault } from '../../dsl/diagnostics/faults.ts'
import { hostArray, tf } from '../engine/mod.ts'
import {
  addAttention,
  addMlp,
  affine,
  causalMask,
  embedTokens,
  gelu,
  layerNorm,
  patchRows,
  quickGelu,
  type Weights,
  weight,
} from './layers.ts'
import { type OpenClipConfig, openClipShapes } from './openclip_config.ts'
import { locateParameters } from './openclip_names.ts'
import { type HostArrays, readSafetensors, requireShapes } from './safetensors.ts'
import { computeBlock } from './transformer_block.ts'

/** A model, and options of its computation. */
export type ComputedOpenClip = OpenClipConfig & {
  /** Recomputes each block for its gradient. @default false */
  readonly recompute?: boolean
}

/**
 * Reads the weights of a model and leaves out arrays that it does not use. Throws if a parameter is missing, its shape is not
 * that of the configuration, or a value is not finite.
 */
export async function readOpenClipWeights(file: string, config: OpenClipConfig): Promise<HostArrays> {
  const shapes = openClipShapes(config)
  const { arrays } = await readSafetensors(file, {
    select(entries) {
      const sources = locateParameters(Object.keys(entries), Object.keys(shapes), file)
      const found = Object.entries(sources).flatMap(([name, source]) => {
        const entry = entries[source]
        return entry === undefined ? [] : [[name, { shape: shapeOf(name, entry) }] as const]
      })
      requireShapes(Object.fromEntries(found), shapes, file)
      return sources
    },
  })
  return Object.fromEntries(
    Object.entries(arrays).map(([name, array]) => {
      if (!array.data.every(value => Number.isFinite(value)))
        throw new DataFault(`Parameter '${name}' of '${file}' has a value that is not finite`, { file, item: name })
      return [name, hostArray(array.data, { shape: shapeOf(name, array), dtype: array.dtype })]
    }),
  )
}

/** The shape of a parameter; a logit scale of one element, as some programs store it, is a scalar. */
const shapeOf = (name: string, { shape }: { readonly shape: readonly number[] }): readonly number[] =>
  name === 'logit_scale' && shape.every(side => side === 1) ? [] : shape

interface BlocksOptions {
  readonly name: string
  readonly layers: number
  readonly heads: number
  readonly quickGelu: boolean
  readonly recompute?: boolean | undefined
  readonly mask?: tf.Tensor
}

function blocks(
  x: tf.Tensor,
  weights: Weights,
  { name, layers, heads, quickGelu: quick, recompute, mask }: BlocksOptions,
): tf.Tensor {
  let states = x
  for (let i = 0; i < layers; i++) {
    const block = `${name}.${i}`
    states = computeBlock({ x: states, mask }, weights, {
      name: block,
      recompute,
      run(inputs, of) {
        const attended = addAttention(inputs.x, of, block, { heads, ...(inputs.mask && { mask: inputs.mask }) })
        return addMlp(attended, of, block, quick ? quickGelu : gelu)
      },
    })
  }
  return states
}

/** images [b, 3, s, s], standardized -> image features [b, embed], not scaled to unit length. */
export const encodeImage = (images: tf.Tensor, weights: Weights, config: ComputedOpenClip): tf.Tensor =>
  tf.matMul(imageStates(images, weights, config), weight(weights, 'visual.proj'))

/** images [b, 3, s, s], standardized -> states [b, width] of the class token after `ln_post`, before the projection. */
export function imageStates(images: tf.Tensor, weights: Weights, config: ComputedOpenClip): tf.Tensor {
  const { width, patchSize, layers, heads } = config.vision
  const batch = images.shape[0] ?? 0
  const kernel = tf.reshape(weight(weights, 'visual.conv1.weight'), [width, -1])
  const patches = affine(patchRows(images, patchSize), kernel)
  const token = tf.broadcastTo(tf.reshape(weight(weights, 'visual.class_embedding'), [1, 1, width]), [batch, 1, width])
  const placed = tf.add(tf.concat([token, patches], 1), weight(weights, 'visual.positional_embedding'))
  const name = 'visual.transformer.resblocks'
  const { quickGelu, recompute } = config
  const initial = layerNorm(placed, weights, 'visual.ln_pre')
  const states = blocks(initial, weights, { name, layers, heads, quickGelu, recompute })
  const pooled = tf.reshape(tf.slice(states, [0, 0, 0], [batch, 1, width]), [batch, width])
  return layerNorm(pooled, weights, 'visual.ln_post')
}

/** tokens [b, n] -> text features [b, embed], not scaled to unit length, at the end token of each text, the highest of its ids. */
export function encodeText(tokens: tf.Tensor, weights: Weights, config: ComputedOpenClip): tf.Tensor {
  const { width, layers, heads } = config.text
  const [batch = 0, count = 0] = tokens.shape
  const placed = embedTokens(tokens, weight(weights, 'token_embedding.weight'), weight(weights, 'positional_embedding'))
  const { quickGelu, recompute } = config
  const mask = causalMask(count)
  const states = blocks(placed, weights, { name: 'transformer.resblocks', layers, heads, quickGelu, recompute, mask })
  const ends = tf.add(tf.argMax(tokens, 1), tf.mul(tf.range(0, batch, 1, 'int32'), tf.scalar(count, 'int32')))
  const pooled = tf.gather(tf.reshape(states, [-1, width]), ends)
  return tf.matMul(layerNorm(pooled, weights, 'ln_final'), weight(weights, 'text_projection'))
}
