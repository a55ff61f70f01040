/** Sums of updates [n, ...] in `rows` rows, by indices [n]; repeated indices add up. */
import { numberOf, sizeOf } from '../graph/types.ts'
import { write, writeFill } from '../onnx/emitter.ts'
import type { Operator } from './operator.ts'
import { flopsPerOperandElement } from './rules.ts'
import { operandOf, sideOf } from './shapes.ts'

/** Of tfjs' kernels, `UnsortedSegmentSum` gives it behind a check of bounds: see `trace/reductions.ts`. */
export const scatterAdd: Operator = {
  family: 'other',
  infer: (inputs, attributes) => {
    const [updates, indices] = [operandOf(inputs, 0), operandOf(inputs, 1)]
    if (indices.shape.length !== 1 || sideOf(indices, 0) !== sideOf(updates, 0))
      throw new Error('indices are not one for each update')
    return { shape: [numberOf(attributes, 'rows'), ...updates.shape.slice(1)], dtype: updates.dtype }
  },
  flops: flopsPerOperandElement,
  rows: () => undefined,
  // ScatterElements: onnxruntime's ScatterND loses repeated indices when two threads meet.
  emit: ({ inputs, shape, dtype }, [updates = '', indices = ''], emitter) => {
    const source = inputs[0]?.shape ?? []
    const columns = sizeOf(source.slice(1))
    const rows = source[0] ?? 0
    const flat = write(emitter, 'Reshape', [updates, emitter.int64([rows, columns])])
    const column = write(emitter, 'Reshape', [indices, emitter.int64([rows, 1])])
    const spread = write(emitter, 'Expand', [column, emitter.int64([rows, columns])])
    const zeros = writeFill(emitter, { shape: [shape[0] ?? 0, columns], dtype }, 0)
    const sums = write(emitter, 'ScatterElements', [zeros, spread, flat], {
      integers: { axis: 0 },
      strings: { reduction: 'add' },
    })
    return write(emitter, 'Reshape', [sums, emitter.int64(shape)])
  },
}
