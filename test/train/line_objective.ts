/** A small objective, quick to compile: two matrices embed vectors, and a mean of squares counts as many rows as the batch says. */
import { tf } from '../../runtime/engine/mod.ts'
import { affine, unit, weight } from '../../runtime/model/layers.ts'
import type { Objective } from '../../runtime/train/objective.ts'

/** Parameters of the objective. */
export interface LineSpec {
  /** Weight of the mean of squares. */
  readonly squares: number
}

/** Batches hold `x` and `y` [b, 3], `counted` [b], and `shift` [1], which has no batch rows. */
export const objective =
  ({ squares }: LineSpec): Objective =>
  ({ x, y, counted, shift }, weights) => {
    if (!x || !y || !counted || !shift) throw new Error('A batch lacks an array')
    const moved = tf.add(affine(x, weight(weights, 'a.weight')), shift)
    const sum = tf.sum(tf.mul(tf.sum(tf.square(moved), 1), counted))
    return {
      images: unit(moved),
      texts: unit(affine(y, weight(weights, 'b.weight'), weight(weights, 'b.bias'))),
      means: { squares: { sum, count: tf.sum(counted), weight: squares } },
    }
  }
