/** Runs an ONNX model in onnxruntime. */
import type { InferenceSession, Tensor } from 'onnxruntime-node'
import { type HostArray, hostArray, type NdArray } from './array.ts'
import { type Graph, input, sizeOf } from './graph/ir.ts'
import type { TensorType } from './graph/ops.ts'
import { emit, fedName, resultName, usedInputs } from './onnx/emit.ts'

/** Engines that onnxruntime carries out. */
export type Provider = 'cpu' | 'webgpu' | 'cuda'

export interface SessionOptions {
  readonly provider: Provider
  /** Threads of one operator. Fixed, so that sums are added in one order. */
  readonly threads: number
  /** Whether the output of this name stays on the device; ignored on the CPU, where device and host are one. */
  readonly stays: (output: string) => boolean
}

/** A graph that is ready to run: arrays by input and output name. */
export interface Session {
  run(inputs: ReadonlyMap<string, NdArray>): Promise<ReadonlyMap<string, NdArray>>
  dispose(): Promise<void>
}

const runtime = () => import('onnxruntime-node')

/** Compiles a graph; throws what onnxruntime says where a provider cannot be started. */
export async function openSession(graph: Graph, options: SessionOptions): Promise<Session> {
  const ort = await runtime()
  const onDevice = (name: string) => options.provider !== 'cpu' && options.stays(name)
  const model = emit(graph, { fusedProducts: options.provider !== 'webgpu' })
  const session = await ort.InferenceSession.create(model, {
    executionProviders: options.provider === 'cpu' ? ['cpu'] : [options.provider, 'cpu'],
    // The graph's own passes have done this work; onnxruntime's take a second more and change nothing measurable.
    graphOptimizationLevel: 'disabled',
    intraOpNumThreads: options.threads,
    interOpNumThreads: 1,
    // Laying out all buffers beforehand takes half as much memory again and saves no time.
    enableMemPattern: false,
    // Fatal only: an error is thrown too, and said once is enough.
    logSeverityLevel: 4,
    preferredOutputLocation: Object.fromEntries(
      graph.outputs.map(({ name }) => [resultName(name), onDevice(name) ? 'gpu-buffer' : 'cpu']),
    ),
  })
  let stands = true
  const used = usedInputs(graph)
  const fed = graph.inputs.map(node => node.name).filter(name => used.has(name))
  return {
    run: async inputs => {
      const feeds: Record<string, Tensor> = {}
      for (const name of fed) {
        const array = inputs.get(name)
        if (array === undefined) throw new Error(`The step was called without its input '${name}'`)
        feeds[fedName(name)] = array.location === 'host' ? toTensor(ort.Tensor, array) : (array.handle as Tensor)
      }
      const results = await session.run(feeds)
      return new Map(
        graph.outputs.map(({ name, node }) => {
          const tensor = results[resultName(name)]
          if (tensor === undefined) throw new Error(`onnxruntime returned no '${name}'`)
          return [name, fromTensor(tensor as Tensor, node, { options, stands: () => stands })]
        }),
      )
    },
    dispose: async () => {
      stands = false
      await (session as InferenceSession).release()
    },
  }
}

function toTensor(OrtTensor: typeof Tensor, array: HostArray): Tensor {
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
function fromTensor(tensor: Tensor, { shape, dtype }: TensorType, { options, stands }: Origin): NdArray {
  const type: TensorType = { shape, dtype }
  if (tensor.location === 'cpu') return hostArray(tensor.data as HostArray['data'], type)
  let released = false
  const held = (): Tensor => {
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
      return held()
    },
    read: async () => readBack(held(), type, options),
    release: () => {
      if (!released && stands()) tensor.dispose()
      released = true
    },
  }
}

/** Copies through a graph of one input that is its output: onnxruntime's own `getData` ends the process on WebGPU. */
async function readBack(tensor: Tensor, type: TensorType, options: SessionOptions): Promise<HostArray> {
  const source = input('x', type)
  const copy = await openSession(
    { inputs: [source], outputs: [{ name: 'x', node: source }] },
    { ...options, stays: () => false },
  )
  try {
    const array: NdArray = {
      ...type,
      location: 'device',
      handle: tensor,
      read: () => Promise.reject(new Error('unread')),
      release: () => {},
    }
    const result = (await copy.run(new Map([['x', array]]))).get('x')
    if (result?.location !== 'host') throw new Error(`${sizeOf(type.shape)} elements did not come back from the device`)
    return result
  } finally {
    await copy.dispose()
  }
}
