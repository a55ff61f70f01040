/** A new last side of `depth`: `on` at the index, `off` elsewhere, in `dtype`. */
import { dtypeOf, numberOf } from '../graph/types.ts'
import { write, writeFill } from '../onnx/emitter.ts'
import type { Operator } from './operator.ts'
import { noFlops } from './rules.ts'
import { operandOf } from './shapes.ts'

export const oneHot: Operator = {
  family: 'other',
  infer: (inputs, attributes) => ({
    shape: [...operandOf(inputs, 0).shape, numberOf(attributes, 'depth')],
    dtype: dtypeOf(attributes),
  }),
  flops: noFlops,
  rows: () => 'rows',
  // By comparison: onnxruntime's OneHot takes few combinations of types.
  emit: ({ shape, dtype, attributes }, [indices = ''], emitter) => {
    const depth = numberOf(attributes, 'depth')
    const column = write(emitter, 'Reshape', [indices, emitter.int64([...shape.slice(0, -1), 1])])
    const classes = emitter.tensor({
      type: 'int32',
      dims: [depth],
      data: Int32Array.from({ length: depth }, (_, i) => i),
    })
    const value = (name: string) => writeFill(emitter, { shape: [], dtype }, numberOf(attributes, name))
    return write(emitter, 'Where', [write(emitter, 'Equal', [column, classes]), value('on'), value('off')])
  },
  kernels: {
    OneHot: ({ input, attrs, apply }) =>
      apply(oneHot, [input('indices')], {
        depth: Number(attrs.depth),
        on: Number(attrs.onValue ?? 1),
        off: Number(attrs.offValue ?? 0),
        dtype: (attrs.dtype ?? 'int32') as string,
      }),
  },
}
