/** Runs an ONNX model in onnxruntime. */
import type { InferenceSession, Tensor } from 'onnxruntime-node'
import { Refusal } from '../../dsl/diagnostics/faults.ts'
import type { DeviceArray, HostArray, NdArray } from './array.ts'
import { input } from './graph/ir.ts'
import { sameShape, sizeOf, type TensorType } from './graph/types.ts'
import { type ModelTarget, modelOf, type OnnxModel } from './model.ts'
import { fedName, resultName } from './onnx/emit.ts'
import { isOutOfMemory } from './out_of_memory.ts'

/** Options of a session; the number of threads is fixed, so that sums are added in one order. */
export interface SessionOptions extends ModelTarget {
  /** Number of the CUDA device. @default 0 */
  readonly device?: number | undefined
  /** True if the output of this name stays on the device; ignored on the CPU, where device and host are one. */
  readonly stays: (output: string) => boolean
}

/** A model that is ready to run: arrays in the order of its inputs and outputs. */
export interface Session {
  /** Frees inputs on a device under a name that stays. */
  run(inputs: readonly NdArray[]): Promise<readonly NdArray[]>
  dispose(): Promise<void>
}

const runtime = () => import('onnxruntime-node')

/** Throws an error of onnxruntime: a refusal where memory ran out. */
function rethrow(error: unknown): never {
  if (error instanceof Error && isOutOfMemory(error.message)) throw new Refusal(error.message, { cause: error })
  throw error
}

function providersOf({ provider, device = 0 }: SessionOptions): InferenceSession.ExecutionProviderConfig[] {
  if (provider === 'cpu') return ['cpu']
  return [provider === 'cuda' ? { name: 'cuda', deviceId: device } : provider, 'cpu']
}

/** Compiles a model; throws the error of onnxruntime where a provider cannot be started. */
export async function openSession(model: OnnxModel, options: SessionOptions): Promise<Session> {
  const ort = await runtime()
  const onDevice = (name: string) => options.provider !== 'cpu' && options.stays(name)
  const session = await ort.InferenceSession.create(model.onnx, {
    executionProviders: providersOf(options),
    // The passes of the engine do this work; those of onnxruntime take a second more and change nothing measurable.
    graphOptimizationLevel: 'disabled',
    intraOpNumThreads: options.threads,
    interOpNumThreads: 1,
    // A memory pattern takes half as much memory again and saves no time.
    enableMemPattern: false,
    // Threads that spin after a run take the processors from JavaScript between two runs.
    extra: { session: { force_spinning_stop: '1' } },
    // Fatal only: errors are thrown, and need not be logged too.
    logSeverityLevel: 4,
    preferredOutputLocation: Object.fromEntries(
      model.outputs.map(({ name }) => [resultName(name), onDevice(name) ? 'gpu-buffer' : 'cpu']),
    ),
  }).catch(rethrow)
  let isOpen = true
  const origin: ArrayOrigin = { options, isOpen: () => isOpen }
  const inputs = model.inputs.map(({ name, used }) => ({
    name,
    fed: used && fedName(name),
    stays: options.stays(name),
  }))
  const outputs = model.outputs.map(({ name, type }) => ({ name, fetched: resultName(name), type }))
  return {
    run: async arrays => {
      const feeds: Record<string, Tensor> = {}
      inputs.forEach(({ name, fed }, i) => {
        const array = arrays[i]
        if (array === undefined) throw new Error(`The step was called without its input '${name}'`)
        if (fed !== false) feeds[fed] = toTensor(ort.Tensor, array)
      })
      const results = await session.run(feeds).catch(rethrow)
      inputs.forEach(({ stays }, i) => {
        const array = arrays[i]
        if (stays && array?.location === 'device') array.release()
      })
      return outputs.map(({ name, fetched, type }) => {
        const tensor = results[fetched]
        if (tensor === undefined) throw new Error(`onnxruntime returned no '${name}'`)
        return fromTensor(tensor as Tensor, type, origin)
      })
    },
    dispose: async () => {
      isOpen = false
      await (session as InferenceSession).release()
    },
  }
}

/** The property of a result on the host that has its tensor, so that it need not be wrapped again as an input. */
const wrapped = Symbol('tensor')

type Wrapped = HostArray & { readonly [wrapped]?: Tensor }

function toTensor(OrtTensor: typeof Tensor, array: Wrapped | DeviceArray): Tensor {
  if (array.location === 'device') return array.handle as Tensor
  const known = array[wrapped]
  // A changed copy of an array has this property too.
  if (known?.data === array.data && sameShape(known.dims, array.shape)) return known
  if (array.data instanceof Float32Array) return new OrtTensor('float32', array.data, array.shape)
  if (array.data instanceof Int32Array) return new OrtTensor('int32', array.data, array.shape)
  return new OrtTensor('bool', array.data, array.shape)
}

/** The session that made an array. */
interface ArrayOrigin {
  readonly options: SessionOptions
  /** True until the session is disposed of. */
  readonly isOpen: () => boolean
}

/** A result; onnxruntime ends the process when a device's memory is touched after its session, so that is refused here. */
function fromTensor(tensor: Tensor, type: TensorType, { options, isOpen }: ArrayOrigin): NdArray {
  const { shape, dtype } = type
  if (tensor.location === 'cpu') {
    const data = tensor.data as HostArray['data']
    const array: Wrapped = { location: 'host', shape, dtype, data, [wrapped]: tensor }
    return array
  }
  let released = false
  const onDevice = (): Tensor => {
    if (released) throw new Error(`An array of shape [${shape}] on the device was used up by a call; use its result`)
    if (isOpen()) return tensor
    throw new Error(
      `An array of shape [${shape}] was on the device of a step that was disposed of; read it before that`,
    )
  }
  return {
    ...type,
    location: 'device',
    get handle() {
      return onDevice()
    },
    read: async () => readBack(onDevice(), type, options),
    release: () => {
      if (!released && isOpen()) tensor.dispose()
      released = true
    },
  }
}

/** Copies through a graph of one input that is its output: onnxruntime's own `getData` ends the process on WebGPU. */
async function readBack(tensor: Tensor, type: TensorType, options: SessionOptions): Promise<HostArray> {
  const source = input('x', type)
  const graph = { inputs: [source], outputs: [{ name: 'x', node: source }] }
  const copy = await openSession(modelOf(graph, options), { ...options, stays: () => false })
  try {
    const array: NdArray = {
      ...type,
      location: 'device',
      handle: tensor,
      read: () => Promise.reject(new Error('unread')),
      release: () => {},
    }
    const [result] = await copy.run([array])
    if (result?.location !== 'host') throw new Error(`${sizeOf(type.shape)} elements did not come back from the device`)
    return result
  } finally {
    await copy.dispose()
  }
}
