/** The operand spread to `shape` by numpy broadcasting. */
import { listOf } from '../graph/types.ts'
import { write } from '../onnx/emitter.ts'
import type { Operator } from './operator.ts'
import { broadcastRows, noFlops } from './rules.ts'
import { broadcastShapes, operandOf } from './shapes.ts'

/** Of tfjs' kernels, `Tile` gives it: see `tile.ts`. */
export const broadcast: Operator = {
  family: 'elementwise',
  infer: (inputs, attributes) => {
    const [x, shape] = [operandOf(inputs, 0), listOf(attributes, 'shape')]
    if (`${broadcastShapes(x.shape, shape)}` !== `${shape}`) throw new Error(`it does not broadcast to [${shape}]`)
    return { shape, dtype: x.dtype }
  },
  flops: noFlops,
  rows: broadcastRows,
  shapeAttribute: 'shape',
  linearIn: 'each',
  emit: ({ shape }, operands, emitter) => write(emitter, 'Expand', [...operands, emitter.int64(shape)]),
}
