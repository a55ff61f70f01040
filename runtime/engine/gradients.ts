/** Gradients of tfjs functions, and functions that are computed again for theirs. */
import { controlDependencyKernel } from './operators/control_dependency.ts'
import { tf } from './tfjs.ts'

/** As `gradients`, with nothing for what the value does not depend on. */
function reached<T extends tf.Tensor>(
  f: () => T,
  xs: readonly tf.Tensor[],
  dy?: tf.Tensor,
): { readonly value: T; readonly grads: readonly (tf.Tensor | undefined)[] } {
  const { state } = tf.engine()
  // Taking gradients ends with the tape given up, and the one outside is still in use.
  const outside = state.activeTape
  const { value, grads } = tf.engine().gradients(f, [...xs], dy as T, true)
  state.activeTape = outside
  return { value, grads }
}

/**
 * The value of `f`, and its gradients by `xs`: zeros by those that it does not depend on. `dy` is the gradient by the
 * value, one where it is left out. Unlike those of tfjs, these may be taken inside the gradient of a `customGrad`.
 */
export function gradients<T extends tf.Tensor>(
  f: () => T,
  xs: readonly tf.Tensor[],
  dy?: tf.Tensor,
): { readonly value: T; readonly grads: readonly tf.Tensor[] } {
  const { value, grads } = reached(f, xs, dy)
  return { value, grads: xs.map((x, i) => grads[i] ?? tf.zerosLike(x)) }
}

/** `x`, which is not there before `others` are computed. */
function barrier(x: tf.Tensor, others: readonly tf.Tensor[]): tf.Tensor {
  // Where steps run as they stand, they run in this order already.
  if (tf.getKernel(controlDependencyKernel, tf.getBackend()) === undefined) return x
  const after = others.map((other, i) => [`after${i}`, other] as const)
  return tf.engine().runKernel(controlDependencyKernel, { x, ...Object.fromEntries(after) })
}

/**
 * `f(inputs, constants)`, of which only these are kept for the gradient, which computes `f` again (activation
 * recomputation; Chen et al., arXiv 1604.06174). Nothing gets a gradient by the constants.
 *
 * Barriers make a compiled step compute it no sooner than the gradient asks, and give on the gradient by the first input
 * only when those by all others are there: so a chain of such functions holds what one of them computes at a time.
 */
export function recomputed(
  f: (inputs: readonly tf.Tensor[], constants: readonly tf.Tensor[]) => tf.Tensor,
  inputs: readonly tf.Tensor[],
  constants: readonly tf.Tensor[],
): tf.Tensor {
  const over = tf.customGrad((...args) => {
    const save = args.pop() as unknown as tf.GradSaveFunc
    const given = args as tf.Tensor[]
    save(given)
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] => {
      const fixed = saved.slice(inputs.length)
      const again = saved.slice(0, inputs.length).map((input, i) => (i === 0 ? barrier(input, [dy]) : input))
      const { grads } = reached(() => f(again, fixed), again, dy)
      const others = grads.slice(1).filter(grad => grad !== undefined)
      return saved.map((input, i) => {
        const grad = grads[i]
        if (grad === undefined) return tf.zerosLike(input)
        return i === 0 ? barrier(grad, others) : grad
      })
    }
    return { value: f(given.slice(0, inputs.length), given.slice(inputs.length)), gradFunc }
  })
  return over(...inputs, ...constants)
}
