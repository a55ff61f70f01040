/** Kernels of tfjs that can be compiled: those of operators, and those that become several. */
import type { Node } from '../graph/ir.ts'
import { controlDependencyKernel } from '../operators/control_dependency.ts'
import { operators } from '../operators/lookup.ts'
import type { Kernel } from '../operators/operator.ts'
import { tf } from '../tfjs.ts'
import { elementwiseKernels, nodeBuilder } from './elementwise.ts'
import { layoutKernels } from './layout.ts'
import { type Lowering, nodesOf, one } from './lowering.ts'
import { type GraphRecorder, type Info, recorderName } from './recorder.ts'

const lower = (kernel: Kernel): Lowering =>
  one(call => kernel<Node>({ ...nodeBuilder, tf, attrs: call.attrs, input: call.node, inputs: () => nodesOf(call) }))

const operatorKernels = Object.values(operators).flatMap(({ kernels = {} }) =>
  Object.entries(kernels).map(([name, kernel]) => [name, lower(kernel)] as const),
)

const all: Readonly<Record<string, Lowering>> = {
  ...Object.fromEntries(operatorKernels),
  ...elementwiseKernels,
  ...layoutKernels,
}

/** Every kernel of tfjs that can be compiled, by tfjs' name. */
export const lowerings: Readonly<Record<string, Lowering>> = Object.fromEntries(
  Object.entries(all).filter(([name]) => name !== controlDependencyKernel),
)

/** Tells tfjs about the recorder and its kernels; later calls change nothing. */
export function registerKernels(recorder: GraphRecorder): void {
  for (const [kernelName, lowering] of Object.entries(all)) {
    tf.registerKernel({
      kernelName,
      backendName: recorderName,
      kernelFunc: ({ inputs, attrs }) => {
        const named = inputs as tf.NamedTensorInfoMap
        const node = (name: string): Node => {
          const info = named[name]
          if (info === undefined) throw new Error(`tfjs passed no '${name}' to ${kernelName}`)
          return recorder.node(info as Info)
        }
        return lowering({ recorder, inputs: named, attrs: attrs ?? {}, node })
      },
    })
  }
}
