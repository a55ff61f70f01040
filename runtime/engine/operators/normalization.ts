/**
 * Normalisation over the last side with `epsilon`: `layerNorm` of x, gain and bias; `standardize`, x less its mean and over
 * its deviation; `inverseDeviation`, whose last side is one.
 */
import { numberOf } from '../graph/types.ts'
import { type Emitter, write } from '../onnx/emitter.ts'
import type { Application, Operator } from './operator.ts'
import { flopsPerElement, flopsPerOperandElement, lastSideRows } from './rules.ts'
import { operandOf } from './shapes.ts'

export const layerNorm: Operator = {
  family: 'lastSide',
  infer: inputs => {
    const [x, gain] = [operandOf(inputs, 0), operandOf(inputs, 1)]
    if (`${gain.shape}` !== `${x.shape.slice(-1)}`) throw new Error('the gain is not one for each channel')
    return x
  },
  flops: flopsPerElement(8),
  rows: lastSideRows,
  emit: ({ attributes }, operands, emitter) =>
    write(emitter, 'LayerNormalization', operands, {
      integers: { axis: -1 },
      floats: { epsilon: numberOf(attributes, 'epsilon') },
    }),
}

export const standardize: Operator = {
  family: 'lastSide',
  infer: inputs => operandOf(inputs, 0),
  flops: flopsPerElement(6),
  rows: lastSideRows,
  emit: (node, operands, emitter) => emitBoth(node, operands, emitter)[0],
}

/** Comes with `standardize`, which counts most of its operations. */
export const inverseDeviation: Operator = {
  family: 'lastSide',
  infer: inputs => {
    const { shape, dtype } = operandOf(inputs, 0)
    return { shape: [...shape.slice(0, -1), 1], dtype }
  },
  flops: flopsPerOperandElement,
  rows: lastSideRows,
  emit: (node, operands, emitter) => emitBoth(node, operands, emitter)[1],
}

/** Writes one ONNX operator that gives standardised values and inverse deviation, once for each operand. */
function emitBoth(
  node: Application,
  [x = '']: readonly string[],
  emitter: Emitter,
): readonly [standardized: string, inverse: string] {
  const epsilon = numberOf(node.attributes, 'epsilon')
  const id = `standardize ${x} ${epsilon}`
  const known = emitter.shared.get(id)
  if (known !== undefined) return known
  const width = node.inputs[0]?.shape.at(-1) ?? 1
  const gain = emitter.tensor({ type: 'float32', dims: [width], data: new Float32Array(width).fill(1) })
  const [standardized, mean, inverse] = [emitter.fresh(), emitter.fresh(), emitter.fresh()]
  emitter.node({
    type: 'LayerNormalization',
    inputs: [x, gain],
    outputs: [standardized, mean, inverse],
    integers: { axis: -1 },
    floats: { epsilon },
  })
  emitter.shared.set(id, [standardized, inverse])
  return [standardized, inverse]
}
