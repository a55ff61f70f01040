/**
 * Attention maps and the Smooth-Attention-Operation (SAO).
 *
 * Attention pooling turns a set of image tokens into an embedding that can be compared with text. Pooling over the whole
 * image gives the image embedding, pooling over single tokens the raw map. SAO pools over a window that slides across the
 * patch grid and assigns each patch the mean of the windows that cover it, which smooths the map.
 */
import { UserFault } from '../../dsl/diagnostics/faults.ts'
import { tf } from '../engine/mod.ts'
import { gridSide, type MammutConfig } from '../model/config.ts'
import { affine, unit, type Weights } from '../model/layers.ts'
import { embedText, poolingParts, projectPooled } from '../model/mammut.ts'

/** A sliding window, in patches. A window of one is the raw map. */
export interface SlidingWindow {
  readonly window: number
  readonly stride: number
}

/** Windows of one patch: the raw map. */
export const singlePatch: SlidingWindow = { window: 1, stride: 1 }

/** First rows (or columns) of the windows along a side; the last window ends at the edge. */
export function windowStarts(side: number, { window, stride }: SlidingWindow): readonly number[] {
  if (window > side)
    throw new UserFault(`A window of ${window} patches does not fit a grid of ${side} by ${side}`, {
      place: 'sao.window',
      hint: 'lower sao.window',
    })
  if (stride > window)
    throw new UserFault(`Windows of ${window} patches every ${stride} leave gaps`, {
      place: 'sao.stride',
      hint: 'lower sao.stride',
    })
  const starts: number[] = []
  for (let start = 0; start < side - window; start += stride) starts.push(start)
  return [...starts, side - window]
}

/** The patches that each window covers: row-major 0 or 1, [windows, side * side]. */
export function windowCoverage(
  side: number,
  spec: SlidingWindow,
): { readonly windows: number; readonly cover: Float32Array } {
  const starts = windowStarts(side, spec)
  const cover = new Float32Array(starts.length ** 2 * side ** 2)
  starts.forEach((top, i) => {
    starts.forEach((left, j) => {
      for (let row = top; row < top + spec.window; row++)
        for (let column = left; column < left + spec.window; column++)
          cover[(i * starts.length + j) * side ** 2 + row * side + column] = 1
    })
  })
  return { windows: starts.length ** 2, cover }
}

/** Image tokens [b, n, width] -> unit embeddings of every window [b, windows, embed]. */
export function windowEmbeddings(
  tokens: tf.Tensor,
  weights: Weights,
  { config, spec }: { readonly config: MammutConfig; readonly spec: SlidingWindow },
): tf.Tensor {
  const [batch = 0, patches = 0, width = 0] = tokens.shape
  const { heads } = config.vision
  const { scores, values } = poolingParts(tokens, weights, config)
  const merge = (pooled: tf.Tensor, count: number) =>
    projectPooled(tf.reshape(tf.transpose(pooled, [0, 2, 1, 3]), [batch, count, width]), weights)
  if (spec.window === 1 && spec.stride === 1) return merge(values, patches)
  const { windows, cover } = windowCoverage(gridSide(config), spec)
  // Softmax over each window: exponentials are summed over its patches. Subtracting the maximum of the image keeps them finite.
  const exponentials = tf.reshape(tf.exp(tf.sub(scores, tf.max(scores, -1, true))), [batch, heads, patches, 1])
  const membership = tf.tensor(cover, [1, 1, windows, patches])
  const sums = tf.matMul(membership, tf.mul(exponentials, values))
  return merge(tf.div(sums, tf.add(tf.matMul(membership, exponentials), 1e-20)), windows)
}

/** Prompts of a concept and contrast prompts, as tokens. */
export interface QueryTokens {
  /** int32 [prompts, context]. */
  readonly prompts: tf.Tensor
  /** int32 [contrasts, context]. */
  readonly against: tf.Tensor
}

/**
 * Margins of region embeddings [b, r, embed] for each concept [b, r, concepts]: the cosine similarity to the mean of the
 * prompts of the concept minus that to the nearest contrast prompt. Above 0 the region belongs to the concept.
 */
export function margins(
  regions: tf.Tensor,
  queries: readonly QueryTokens[],
  weights: Weights,
  config: MammutConfig,
): tf.Tensor {
  const groups = [...queries.map(({ prompts }) => prompts), ...queries.map(({ against }) => against)]
  const sizes = groups.map(({ shape: [rows = 0] }) => rows)
  const texts = tf.split(embedText(tf.concat(groups), weights, config), sizes)
  const own = unit(tf.concat(texts.slice(0, queries.length).map(text => tf.mean(text, 0, true))))
  const near = affine(regions, tf.concat(texts.slice(queries.length)))
  const nearest = tf.split(near, sizes.slice(queries.length), 2).map(scores => tf.max(scores, 2, true))
  return tf.sub(affine(regions, own), tf.concat(nearest, 2))
}

/** Window margins [b, windows, concepts] -> patch margins [b, n, concepts]: the mean of the windows over each patch. */
export function averageWindows(
  windowMargins: tf.Tensor,
  { config, spec }: { readonly config: MammutConfig; readonly spec: SlidingWindow },
): tf.Tensor {
  if (spec.window === 1 && spec.stride === 1) return windowMargins
  const patches = gridSide(config) ** 2
  const { windows, cover } = windowCoverage(gridSide(config), spec)
  const shares = new Float32Array(patches * windows)
  for (let patch = 0; patch < patches; patch++) {
    let over = 0
    for (let w = 0; w < windows; w++) over += cover[w * patches + patch] ?? 0
    for (let w = 0; w < windows; w++) shares[patch * windows + w] = (cover[w * patches + patch] ?? 0) / over
  }
  return tf.matMul(tf.tensor(shares, [1, patches, windows]), windowMargins)
}
