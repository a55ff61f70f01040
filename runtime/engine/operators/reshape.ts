/** The same elements in `shape`. */
import { listOf, sizeOf } from '../graph/types.ts'
import { write } from '../onnx/emitter.ts'
import type { Operator } from './operator.ts'
import { noFlops } from './rules.ts'
import { operandOf } from './shapes.ts'

/** No kernel of tfjs: the recorder makes it where a tensor has another shape than the node that it shows. */
export const reshape: Operator = {
  family: 'reshape',
  infer: (inputs, attributes) => {
    const [x, shape] = [operandOf(inputs, 0), listOf(attributes, 'shape')]
    if (sizeOf(shape) !== sizeOf(x.shape)) throw new Error(`[${x.shape}] does not reshape to [${shape}]`)
    return { shape, dtype: x.dtype }
  },
  flops: noFlops,
  memory: 'view',
  rows: () => 'rows',
  shapeAttribute: 'shape',
  linearIn: 'each',
  emit: ({ shape }, operands, emitter) => write(emitter, 'Reshape', [...operands, emitter.int64(shape)]),
}
