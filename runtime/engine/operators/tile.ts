/** The operand `repeats` times along each side. */
import { listOf } from '../graph/types.ts'
import { write } from '../onnx/emitter.ts'
import { broadcast } from './broadcast.ts'
import type { Operator } from './operator.ts'
import { noFlops, rowsIf } from './rules.ts'
import { operandOf } from './shapes.ts'

export const tile: Operator = {
  family: 'other',
  infer: (inputs, attributes) => {
    const repeats = listOf(attributes, 'repeats')
    const { shape, dtype } = operandOf(inputs, 0)
    return { shape: shape.map((length, i) => length * (repeats[i] ?? 1)), dtype }
  },
  flops: noFlops,
  rows: ({ attributes }) => rowsIf(listOf(attributes, 'repeats')[0] === 1),
  emit: ({ attributes }, operands, emitter) =>
    write(emitter, 'Tile', [...operands, emitter.int64(listOf(attributes, 'repeats'))]),
  kernels: {
    // tf.broadcastTo is this kernel too. A broadcast, where only sides of one are repeated, is simplified by passes.
    Tile: ({ input, attrs, apply }) => {
      const [x, repeats] = [input('x'), attrs.reps as number[]]
      const shape = x.shape.map((length, i) => length * (repeats[i] ?? 1))
      const spreads = repeats.every((count, i) => count === 1 || x.shape[i] === 1)
      return spreads ? apply(broadcast, [x], { shape }) : apply(tile, [x], { repeats })
    },
  },
}
