/** ONNX operator types of elementwise operations and reductions. */
import type { BinaryOp, ReduceOp, UnaryOp } from '../graph/ops.ts'

export const unaryTypes: Readonly<Record<UnaryOp, { readonly type: string; readonly domain?: string }>> = {
  neg: { type: 'Neg' },
  exp: { type: 'Exp' },
  log: { type: 'Log' },
  sqrt: { type: 'Sqrt' },
  reciprocal: { type: 'Reciprocal' },
  erf: { type: 'Erf' },
  abs: { type: 'Abs' },
  tanh: { type: 'Tanh' },
  sigmoid: { type: 'Sigmoid' },
  relu: { type: 'Relu' },
  softplus: { type: 'Softplus' },
  floor: { type: 'Floor' },
  ceil: { type: 'Ceil' },
  round: { type: 'Round' },
  sin: { type: 'Sin' },
  cos: { type: 'Cos' },
  not: { type: 'Not' },
  gelu: { type: 'Gelu' },
  quickGelu: { type: 'QuickGelu', domain: 'com.microsoft' },
}

export const binaryTypes: Readonly<Record<BinaryOp, string>> = {
  add: 'Add',
  sub: 'Sub',
  mul: 'Mul',
  div: 'Div',
  pow: 'Pow',
  max: 'Max',
  min: 'Min',
  mod: 'Mod',
  equal: 'Equal',
  less: 'Less',
  lessEqual: 'LessOrEqual',
  greater: 'Greater',
  greaterEqual: 'GreaterOrEqual',
  and: 'And',
  or: 'Or',
}

export const reduceTypes: Readonly<Record<ReduceOp, string>> = {
  sum: 'ReduceSum',
  mean: 'ReduceMean',
  maxOf: 'ReduceMax',
  minOf: 'ReduceMin',
  prod: 'ReduceProd',
}
