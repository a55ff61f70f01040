/** The first operand, computed after the others; a `hint` saves time on CPUs alone and is left out elsewhere. */
import { flagOf } from '../graph/types.ts'
import { write } from '../onnx/emitter.ts'
import type { Operator } from './operator.ts'
import { noFlops } from './rules.ts'
import { operandOf } from './shapes.ts'

/** Name of a kernel that tfjs does not have; only the recorder has it. */
export const controlDependencyKernel = 'TerroirControlDependency'

export const controlDependency: Operator = {
  family: 'other',
  infer: inputs => operandOf(inputs, 0),
  flops: noFlops,
  memory: 'view',
  rows: () => undefined,
  // Empty parts of the others' shapes are joined to the shape of the first value: the runtime cannot have that shape
  // without the others, and it takes neither time nor memory.
  emit: ({ shape, attributes }, [value = '', ...awaited], emitter) => {
    if (flagOf(attributes, 'hint') && !emitter.fusedProducts) return value
    const empty = awaited.map(other => write(emitter, 'Shape', [other], { integers: { start: 0, end: 0 } }))
    const joined = write(emitter, 'Concat', [emitter.int64(shape), ...empty], { integers: { axis: 0 } })
    return write(emitter, 'Reshape', [value, joined])
  },
  kernels: { [controlDependencyKernel]: ({ inputs, apply }) => apply(controlDependency, inputs()) },
}
