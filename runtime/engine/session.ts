/** Runs an ONNX model in onnxruntime. */
import type { InferenceSession, Tensor } from 'onnxruntime-node'
import type { DeviceArray, HostArray, NdArray } from './array.ts'
import { input } from './graph/ir.ts'
import { sameShape, sizeOf, type TensorType } from './graph/types.ts'
import { type Model, modelOf, type Target } from './model.ts'
import { fedName, resultName } from './onnx/emit.ts'

/** How a model runs; `threads` are fixed, so that sums are added in one order. */
export interface SessionOptions extends Target {
  /** Which of several CUDA devices. @default 0 */
  readonly device?: number | undefined
  /** Whether the output of this name stays on the device; ignored on the CPU, where device and host are one. */
  readonly stays: (output: string) => boolean
}

/** A model that is ready to run: arrays in the order of its inputs and outputs. */
export interface Session {
  /** Frees inputs on a device under a name that stays. */
  run(inputs: readonly NdArray[]): Promise<readonly NdArray[]>
  dispose(): Promise<void>
}

const runtime = () => import('onnxruntime-node')

function providersOf({ provider, device = 0 }: SessionOptions): InferenceSession.ExecutionProviderConfig[] {
  if (provider === 'cpu') return ['cpu']
  return [provider === 'cuda' ? { name: 'cuda', deviceId: device } : provider, 'cpu']
}

/** Compiles a model; throws what onnxruntime says where a provider cannot be started. */
export async function openSession(model: Model, options: SessionOptions): Promise<Session> {
  const ort = await runtime()
  const onDevice = (name: string) => options.provider !== 'cpu' && options.stays(name)
  const session = await ort.InferenceSession.create(model.onnx, {
    executionProviders: providersOf(options),
    // The graph's own passes have done this work; onnxruntime's take a second more and change nothing measurable.
    graphOptimizationLevel: 'disabled',
    intraOpNumThreads: options.threads,
    interOpNumThreads: 1,
    // Laying out all buffers beforehand takes half as much memory again and saves no time.
    enableMemPattern: false,
    // Threads that go on spinning after a run keep the processors from what JavaScript does between two.
    extra: { session: { force_spinning_stop: '1' } },
    // Fatal only: an error is thrown too, and said once is enough.
    logSeverityLevel: 4,
    preferredOutputLocation: Object.fromEntries(
      model.outputs.map(({ name }) => [resultName(name), onDevice(name) ? 'gpu-buffer' : 'cpu']),
    ),
  })
  let stands = true
  const origin: Origin = { options, stands: () => stands }
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
      const results = await session.run(feeds)
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
      stands = false
      await (session as InferenceSession).release()
    },
  }
}

/** Where a result on the host holds its tensor, so that it need not be wrapped again when it goes in. */
const wrapped = Symbol('tensor')

type Wrapped = HostArray & { readonly [wrapped]?: Tensor }

function toTensor(OrtTensor: typeof Tensor, array: Wrapped | DeviceArray): Tensor {
  if (array.location === 'device') return array.handle as Tensor
  const known = array[wrapped]
  // A changed copy of an array takes this along, too.
  if (known?.data === array.data && sameShape(known.dims, array.shape)) return known
  if (array.data instanceof Float32Array) return new OrtTensor('float32', array.data, array.shape)
  if (array.data instanceof Int32Array) return new OrtTensor('int32', array.data, array.shape)
  return new OrtTensor('bool', array.data, array.shape)
}

interface Origin {
  readonly options: SessionOptions
  /** Whether the session that made the array still stands. */
  readonly stands: () => boolean
}

/** A result; onnxruntime ends the process when a device's memory is touched after its session, so that is refused here. */
function fromTensor(tensor: Tensor, type: TensorType, { options, stands }: Origin): NdArray {
  const { shape, dtype } = type
  if (tensor.location === 'cpu') {
    const data = tensor.data as HostArray['data']
    const array: Wrapped = { location: 'host', shape, dtype, data, [wrapped]: tensor }
    return array
  }
  let released = false
  const onDevice = (): Tensor => {
    if (released) throw new Error(`An array of shape [${shape}] on the device was used up by a call; use its result`)
    if (stands()) return tensor
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
      if (!released && stands()) tensor.dispose()
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
