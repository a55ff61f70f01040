/** Gradients of tfjs functions, and recomputation of activations. */
import { controlDependencyKernel } from './operators/control_dependency.ts'
import { tf } from './tfjs.ts'

/** As `gradients`, with `undefined` for inputs that the value does not depend on. */
function dependentGradients<T extends tf.Tensor>(
  f: () => T,
  xs: readonly tf.Tensor[],
  dy?: tf.Tensor,
): { readonly value: T; readonly grads: readonly (tf.Tensor | undefined)[] } {
  const { state } = tf.engine()
  // tfjs drops the active tape at the end, and the outer one is still in use.
  const outerTape = state.activeTape
  const { value, grads } = tf.engine().gradients(f, [...xs], dy as T, true)
  state.activeTape = outerTape
  return { value, grads }
}

/**
 * The value of `f`, and its gradients by `xs`: zeros by those that it does not depend on. `dy` is the gradient by the
 * value, one where it is left out. Unlike those of tfjs, these may be taken in the gradient of a `customGrad`.
 */
export function gradients<T extends tf.Tensor>(
  f: () => T,
  xs: readonly tf.Tensor[],
  dy?: tf.Tensor,
): { readonly value: T; readonly grads: readonly tf.Tensor[] } {
  const { value, grads } = dependentGradients(f, xs, dy)
  return { value, grads: xs.map((x, i) => grads[i] ?? tf.zerosLike(x)) }
}

/** `x`, computed after `others`. */
function computedAfter(x: tf.Tensor, others: readonly tf.Tensor[]): tf.Tensor {
  // Uncompiled steps run in this order already.
  if (tf.getKernel(controlDependencyKernel, tf.getBackend()) === undefined) return x
  const after = others.map((other, i) => [`after${i}`, other] as const)
  return tf.engine().runKernel(controlDependencyKernel, { x, ...Object.fromEntries(after) })
}

/**
 * `f(inputs, constants)` with activation recomputation (Chen et al., arXiv 1604.06174): only the arguments are kept for the
 * gradient, which computes `f` again. There are no gradients by the constants.
 *
 * Control dependencies make a compiled step compute `f` again only when the gradient needs it, and the gradient by the first
 * input after those by the others: so a chain of such functions has the activations of one of them in memory at a time.
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
      const constantInputs = saved.slice(inputs.length)
      const again = saved.slice(0, inputs.length).map((input, i) => (i === 0 ? computedAfter(input, [dy]) : input))
      const { grads } = dependentGradients(() => f(again, constantInputs), again, dy)
      const others = grads.slice(1).filter(grad => grad !== undefined)
      return saved.map((input, i) => {
        const grad = grads[i]
        if (grad === undefined) return tf.zerosLike(input)
        return i === 0 ? computedAfter(grad, others) : grad
      })
    }
    return { value: f(given.slice(0, inputs.length), given.slice(inputs.length)), gradFunc }
  })
  return over(...inputs, ...constants)
}
