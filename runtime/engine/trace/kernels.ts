/** How each tfjs kernel becomes nodes. */

import type { Node } from '../graph/ir.ts'
import { tf } from '../tfjs.ts'
import { barrierKernel, barrierLowering } from './barrier.ts'
import { elementwiseKernels } from './elementwise.ts'
import { layoutKernels } from './layout.ts'
import type { Lowering } from './lowering.ts'
import { type Info, type Recorder, recorderName } from './recorder.ts'
import { reductionKernels } from './reductions.ts'

/** Every kernel that can be compiled, by tfjs' name. */
export const lowerings: Readonly<Record<string, Lowering>> = {
  ...elementwiseKernels,
  ...reductionKernels,
  ...layoutKernels,
}

/** Tells tfjs about the recorder and its kernels; later calls change nothing. */
export function registerKernels(recorder: Recorder): void {
  for (const [kernelName, lowering] of Object.entries({ ...lowerings, [barrierKernel]: barrierLowering })) {
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
