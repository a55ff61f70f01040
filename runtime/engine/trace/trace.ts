/** Runs a tfjs step once on the recorder and returns the graph it grew. */
import { type Graph, type InputNode, input, type Output } from '../graph/ir.ts'
import type { TensorType } from '../graph/ops.ts'
import { tf } from '../tfjs.ts'
import { mapTree, type Tree } from '../tree.ts'
import { lowerings, registerKernels } from './kernels.ts'
import { Recorder, recorderName } from './recorder.ts'

export type TensorTree = Tree<tf.Tensor>

/** A traced step: outputs are named by their path in `outputs`. */
export interface Traced {
  readonly graph: Graph
  readonly outputs: Tree<TensorType>
}

const isType = (value: unknown): value is TensorType =>
  typeof value === 'object' && value !== null && 'dtype' in value && 'shape' in value

const isTensor = (value: unknown): value is tf.Tensor => value instanceof tf.Tensor

let shared: Recorder | undefined

function recorderBackend(): Recorder {
  if (shared) return shared
  const recorder = new Recorder()
  tf.registerBackend(recorderName, () => recorder)
  registerKernels(recorder)
  shared = recorder
  return recorder
}

/** First frame of a stack that is neither tfjs' nor this folder's: where the user's code called. */
function callSite(error: Error): string {
  const frames = (error.stack ?? '').split('\n').slice(1)
  const own = frames.find(
    line => !/tfjs-core|tfjs_gradients|engine[/\\]trace|node:internal|engine[/\\](jit|tree)/.test(line),
  )
  return own?.trim().replace(/^at /, '') ?? 'an unknown place'
}

function explain(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(String(error))
  const kernel = /Kernel '(\w+)' not registered for backend/.exec(error.message)?.[1]
  if (kernel === undefined) return new Error(`${error.message} (at ${callSite(error)})`, { cause: error })
  const known = Object.keys(lowerings).sort().join(', ')
  const message = `The engine has no lowering for tfjs kernel '${kernel}', called at ${callSite(error)}; write it with these: ${known}`
  return new Error(message, { cause: error })
}

/**
 * Traces `step` over inputs of the given types.
 *
 * Values made inside become constants. Reading one, or an operation without a lowering, throws an error that
 * names the operation and the place in the caller's code.
 */
export function trace(step: (inputs: never) => unknown, inputTypes: Tree<TensorType>): Traced {
  const recorder = recorderBackend()
  const before = tf.engine().backendName
  tf.setBackend(recorderName)
  try {
    const graphInputs: InputNode[] = []
    const outputs: Output[] = []
    let outputTypes: Tree<TensorType> = []
    tf.tidy(() => {
      const tensors = mapTree(inputTypes, isType, (type, path) => {
        const node = input(path, type)
        graphInputs.push(node)
        return tf.engine().makeTensorFromTensorInfo(recorder.record(node))
      })
      outputTypes = mapTree(step(tensors as never) as TensorTree, isTensor, (leaf, name) => {
        const node = recorder.node(leaf)
        outputs.push({ name, node })
        return { shape: node.shape, dtype: node.dtype }
      })
    })
    return { graph: { inputs: graphInputs, outputs }, outputs: outputTypes }
  } catch (error) {
    throw explain(error)
  } finally {
    if (before) tf.setBackend(before)
  }
}
