/** Runs a tfjs step once on the recorder and returns the recorded graph. */
import { Fault } from '../../../dsl/diagnostics/faults.ts'
import { type Graph, type InputNode, input, type Output } from '../graph/ir.ts'
import { isTensorType, type TensorType } from '../graph/types.ts'
import { tf } from '../tfjs.ts'
import { mapTree, type Tree } from '../tree.ts'
import { lowerings, registerKernels } from './kernels.ts'
import { GraphRecorder, recorderName } from './recorder.ts'

/** Nested records of tensors. */
export type TensorTree = Tree<tf.Tensor>

/** A traced step: outputs are named by their path in `outputs`. */
export interface Traced {
  readonly graph: Graph
  readonly outputs: Tree<TensorType>
}

/** Tests if a value is a tensor. */
export const isTensor = (value: unknown): value is tf.Tensor => value instanceof tf.Tensor

const recorder = new GraphRecorder()
// The last choice of tfjs, so that constants can be made outside a step where there is no other backend.
tf.registerBackend(recorderName, () => recorder, 0)
registerKernels(recorder)

/** The first frame of a stack that is neither of tfjs nor of the engine: the position in the caller's code. */
function callSite(error: Error): string {
  const frames = (error.stack ?? '').split('\n').filter(line => /^\s+at /.test(line))
  const others = /tfjs-core|[/\\]tslib[/\\]|runtime[/\\]engine[/\\]|node:internal|<anonymous>\)$/
  const own = frames.find(line => !others.test(line))
  return own?.trim().replace(/^at /, '') ?? 'an unknown place'
}

/** Adds the position in the caller's code to an error; a fault that a user can act on stays as it is. */
function explain(error: unknown): Error {
  if (error instanceof Fault) return error
  if (!(error instanceof Error)) return new Error(String(error))
  const kernel = /Kernel '(\w+)' not registered for backend/.exec(error.message)?.[1]
  if (kernel === undefined) return new Error(`${error.message} (at ${callSite(error)})`, { cause: error })
  const known = Object.keys(lowerings).sort().join(', ')
  const message = `The engine has no lowering for tfjs kernel '${kernel}', called at ${callSite(error)}; write it with these: ${known}`
  return new Error(message, { cause: error })
}

/** Runs `body` on the recorder; errors get enough frames to show the caller, and variables made in it are disposed of. */
function recorded<T>(body: () => T): T {
  const [backend, limit] = [tf.engine().backendName, Error.stackTraceLimit]
  const outside = new Set(Object.values(tf.engine().registeredVariables))
  Error.stackTraceLimit = 200
  tf.setBackend(recorderName)
  recorder.begin(outside)
  try {
    const result = body()
    recorder.check()
    return result
  } catch (error) {
    throw explain(error)
  } finally {
    for (const variable of Object.values(tf.engine().registeredVariables))
      if (!outside.has(variable)) variable.dispose()
    recorder.end()
    if (backend) tf.setBackend(backend)
    Error.stackTraceLimit = limit
  }
}

/** The step's tensors; throws where it returns a promise of them. */
function tensorsOf(result: unknown): TensorTree {
  if (!(result instanceof Promise)) return result as TensorTree
  result.catch(() => {})
  throw new Error("A jit step returned a promise; take 'async' off the step and await before it is called")
}

/** Adds a path; throws where it is in use, as by both `{ 'a.b': x }` and `{ a: { b: x } }`. */
function addPath(paths: Set<string>, path: string): void {
  if (paths.has(path)) throw new Error(`Two tensors have the path '${path}'; rename one of them`)
  paths.add(path)
}

/**
 * Traces `step` over inputs of the given types.
 *
 * Values made in the step become constants. Reading a value, or an operation without a lowering, throws an error that names
 * the operation and its position in the caller's code.
 */
export function trace(step: (inputs: never) => unknown, inputTypes: Tree<TensorType>): Traced {
  const graphInputs: InputNode[] = []
  const outputs: Output[] = []
  const [given, returned] = [new Set<string>(), new Set<string>()]
  let outputTypes: Tree<TensorType> = []
  recorded(() =>
    tf.tidy(() => {
      const tensors = mapTree(inputTypes, isTensorType, (type, path) => {
        addPath(given, path)
        const node = input(path, type)
        graphInputs.push(node)
        return tf.engine().makeTensorFromTensorInfo(recorder.record(node))
      })
      outputTypes = mapTree(tensorsOf(step(tensors as never)), isTensor, (leaf, name) => {
        addPath(returned, name)
        const node = recorder.node(leaf)
        outputs.push({ name, node })
        return { shape: node.shape, dtype: node.dtype }
      })
    }),
  )
  return { graph: { inputs: graphInputs, outputs }, outputs: outputTypes }
}
