/** Small graphs on which each pass has something to do, and something to leave alone. */
import { apply, constant, fill, scalar } from '../../runtime/engine/graph/ir.ts'
import { optimize } from '../../runtime/engine/graph/optimize.ts'
import { elideBoundsChecks } from '../../runtime/engine/graph/passes/elide_bounds_checks.ts'
import { eliminateCommonSubexpressions } from '../../runtime/engine/graph/passes/eliminate_common_subexpressions.ts'
import { eliminateDeadRows } from '../../runtime/engine/graph/passes/eliminate_dead_rows.ts'
import { foldBiases, foldScales, foldTransposes } from '../../runtime/engine/graph/passes/fold_into_products.ts'
import { fuseOperators } from '../../runtime/engine/graph/passes/fuse_operators.ts'
import { fuseStandardize } from '../../runtime/engine/graph/passes/fuse_standardize.ts'
import { lowerTransposeToGather } from '../../runtime/engine/graph/passes/lower_transpose_to_gather.ts'
import { mergeSlicedConcat } from '../../runtime/engine/graph/passes/merge_sliced_concat.ts'
import { precomputeGeluGrad } from '../../runtime/engine/graph/passes/precompute_gelu_grad.ts'
import { propagateRowSparsity } from '../../runtime/engine/graph/passes/propagate_row_sparsity.ts'
import { reassociateScales } from '../../runtime/engine/graph/passes/reassociate_scales.ts'
import { simplify } from '../../runtime/engine/graph/passes/simplify.ts'
import { sinkReshapes } from '../../runtime/engine/graph/passes/sink_reshapes.ts'
import { splitReductions } from '../../runtime/engine/graph/passes/split_reductions.ts'
import { splitSlicedLinear } from '../../runtime/engine/graph/passes/split_sliced_linear.ts'
import {
  attention,
  attentionGradient,
  besides,
  bias,
  cut,
  deep,
  ends,
  first,
  full,
  full4,
  gatheredAndScattered,
  gelu,
  geluAndParts,
  guardedScatter,
  heads,
  layer,
  layerAndSlope,
  layerOf,
  matmul,
  n,
  normalised,
  type PassCase,
  type PassCases,
  pad,
  reordered,
  reshape,
  results,
  row,
  rows,
  rowsOf,
  scaled,
  scaledLayerAndLayer,
  states,
  sum,
  token,
  transpose,
  turnA,
  turnedLayer,
  twice,
  unary,
  w,
  whole,
  x,
  y,
} from './pass_nodes.ts'

const simplifyCases: readonly PassCase[] = [
  results('adding zero and multiplying by one', apply('mul', [apply('add', [x, scalar(0)]), full(1)])),
  results(
    'a neutral operand that spreads the other',
    apply('mul', [row, full(1)]),
    apply('add', [fill(0, x), scalar(2)]),
  ),
  results('numbers are computed', apply('exp', [apply('mul', [scalar(2), scalar(3)])]), sum(full(1.5), [0])),
  results(
    'divisions by a number',
    apply('div', [x, scalar(4)]),
    apply('div', [x, scalar(0)]),
    apply('div', [x, scalar(1e-40)]),
  ),
  results('factors join', apply('mul', [apply('mul', [scalar(2), x]), full(3)])),
  results('whole factors join', apply('mul', [apply('mul', [n, scalar(2, 'int32')]), scalar(3, 'int32')])),
  results('factors that overflow together stay', apply('mul', [apply('mul', [x, scalar(1e30)]), scalar(1e30)])),
  results('spread operands shrink', apply('sub', [x, apply('broadcast', [row], { shape: [2, 3] })])),
  results('a shape that only a spread operand gives stays', apply('add', [row, full(2)])),
  results('reshapes of reshapes, and back', reshape(reshape(x, [6]), [3, 2]), reshape(reshape(x, [6]), [2, 3])),
  results('transposes compose', transpose(transpose(reshape(x, [1, 2, 3]), [2, 0, 1]), [1, 2, 0])),
  results('a transpose that moves no element', transpose(reshape(x, [2, 1, 3]), [1, 0, 2])),
  results('a transpose that moves elements stays', transpose(x, [1, 0])),
  results('sums of sums', sum(sum(x, [1], true), [0, 1])),
  results('a sum over sides of one', sum(reshape(x, [2, 1, 3]), [1])),
  results('a cast to its own dtype', apply('cast', [x], { dtype: 'float32' })),
  results('a slice and a tile of everything', apply('tile', [whole(x)], { repeats: [1, 1] })),
]

/** Every pass with its cases. */
export const passCases: Readonly<Record<string, PassCases>> = {
  simplify: { pass: simplify, cases: simplifyCases },
  eliminate_common_subexpressions: {
    pass: eliminateCommonSubexpressions,
    cases: [
      results('equal expressions', apply('add', [apply('exp', [x]), apply('exp', [x])])),
      results('equal numbers', apply('add', [apply('mul', [x, scalar(2)]), scalar(2)])),
      results('attributes in another order', matmul(x, w, { transposeA: false, transposeB: false }), reordered()),
      results('numbers that JSON does not distinguish', pad(Number.NEGATIVE_INFINITY), pad(Number.POSITIVE_INFINITY)),
      results('zero and minus zero', apply('div', [x, scalar(0)]), apply('div', [x, scalar(-0)])),
      results('other dtypes', apply('cast', [n], { dtype: 'float32' }), apply('cast', [n], { dtype: 'bool' })),
    ],
  },
  fold_transposes: {
    pass: foldTransposes,
    cases: [
      results('on the right', matmul(x, transpose(reshape(w, [4, 3]), [1, 0]))),
      results('on both sides', matmul(transpose(x, [1, 0]), transpose(transpose(y, [1, 0]), [1, 0]))),
      results('of a transposed product', matmul(transpose(x, [1, 0]), w, { transposeA: true })),
      results('of leading sides stays', matmul(transpose(reshape(x, [1, 2, 3]), [1, 0, 2]), w)),
    ],
  },
  fold_scales: {
    pass: foldScales,
    cases: [
      results('a scale', apply('mul', [matmul(x, w), scalar(0.5)])),
      results('two scales', apply('mul', [apply('mul', [matmul(x, w), scalar(0.5)]), scalar(3)])),
      results('a product used twice stays', ...twice(product => apply('mul', [product, scalar(0.5)]))),
    ],
  },
  fold_biases: {
    pass: foldBiases,
    cases: [
      results('a bias', apply('add', [matmul(x, w), bias])),
      results('a product used twice stays', ...twice(product => apply('add', [product, bias]))),
      results('a scaled product stays', apply('add', [matmul(x, w, { alpha: 2 }), bias])),
      results('a column stays', apply('add', [matmul(x, w), reshape(sum(x, [1]), [2, 1])])),
    ],
  },
  fuse_operators: {
    pass: fuseOperators,
    cases: [
      results('layer normalisation', normalised(x).shifted),
      results('layer normalisation whose parts are used stays', ...Object.values(normalised(x))),
      results('GELU', gelu(x)),
      results('GELU of another operand stays', apply('mul', [y, gelu(x).inputs[0] ?? x])),
      results('GELU whose parts are used stays', ...geluAndParts()),
    ],
  },
  fuse_standardize: {
    pass: fuseStandardize,
    cases: [
      results('a norm whose parts are used', ...Object.values(normalised(x))),
      results('a deviation alone', apply('mul', [x, normalised(y).normal.inputs[1] ?? y])),
    ],
  },
  reassociate_scales: {
    pass: reassociateScales,
    cases: [
      results('from operands into a product', matmul(scaled(x, 2), scaled(w, 3), { alpha: 5 })),
      results('through a reshape', matmul(reshape(scaled(reshape(x, [6]), 2), [2, 3]), w)),
      results('from operands into a layer, beside its bias', apply('linear', [scaled(x, 2), w, bias])),
      results('onto a layer', scaled(apply('linear', [x, w, bias]), 2)),
      results('onto a layer through a reshape', scaled(reshape(apply('linear', [x, w, bias]), [4, 2]), 2)),
      results('onto a layer used twice stays', ...scaledLayerAndLayer()),
      results('out of a sum', sum(scaled(x, 2), [0])),
      results('out of a sum of nothing stays', sum(scaled(x, 2), [])),
      results('factors that overflow together stay', matmul(scaled(x, 1e30), scaled(w, 1e30))),
    ],
  },
  split_sliced_linear: {
    pass: splitSlicedLinear,
    cases: [
      results('a layer of which each use is a slice', ...cut(layer(), 2)),
      results('through a reshape, its matrix transposed', ...cut(reshape(turnedLayer(), [1, 2, 4]), 2)),
      results(
        'a layer used as a whole stays',
        ...cut(layer(), 2)
          .slice(0, 1)
          .flatMap(node => [node, ...node.inputs]),
      ),
      results('rows stay', apply('slice', [layer()], { starts: [0, 0], sizes: [1, 4], strides: [1, 1] })),
      results('a reshape that moves the last side stays', ...cut(reshape(layer(), [4, 2]), 2)),
    ],
  },
  split_reductions: {
    pass: splitReductions,
    cases: [
      results('over the first sides', sum(rows, [0, 1]), sum(rows, [0, 1], true)),
      results('over few rows stays', sum(rows, [0])),
      results('over all sides or others stays', sum(rows, [0, 1, 2]), sum(rows, [1])),
      results('rows without a small factor stay', sum(fill(1, { shape: [1033, 2], dtype: 'float32' }), [0])),
    ],
  },
  elide_bounds_checks: {
    pass: elideBoundsChecks,
    cases: [
      results('indices that a gather uses', ...gatheredAndScattered(ends, 16)),
      results('along fewer rows stays', ...gatheredAndScattered(ends, 15)),
      results('indices that nothing gathers by stay', guardedScatter(ends, 16)),
    ],
  },
  propagate_row_sparsity: {
    pass: propagateRowSparsity,
    cases: [
      results(
        'back through a layer',
        matmul(reshape(first(), [16, 3]), w),
        matmul(rowsOf(states), rowsOf(first()), turnA),
      ),
      results('through linear operators', ...attentionGradient(apply('mul', [apply('neg', [first()]), states]))),
      results(
        'scattered rows',
        ...[apply('scatterAdd', [x, ends], { rows: 16 })].flatMap(all => [
          matmul(all, w),
          matmul(rowsOf(states), all, turnA),
          sum(all, [0]),
        ]),
      ),
      results('a product of two', matmul(reshape(apply('mul', [first(), first()]), [16, 3]), w)),
      results('rows that no product uses stay', apply('mul', [first(), states]), apply('add', [first(), states])),
      results('a sum of other rows stays', matmul(rowsOf(apply('add', [first(), first(3)])), w)),
      results('a function that is not linear stays', matmul(rowsOf(apply('exp', [first()])), w)),
      results('many rows stay', matmul(rowsOf(first(0, 4)), w)),
    ],
  },
  eliminate_dead_rows: {
    pass: eliminateDeadRows,
    cases: [
      results('forward through a layer', token(apply('add', [states, layerOf(states)]))),
      results('gathered rows', apply('gather', [rowsOf(apply('add', [states, layerOf(states)])), ends], { axis: 0 })),
      results('of attention', token(attention(states))),
      results(
        'two uses of the same rows',
        ...[layerOf(states)].flatMap(all => [token(unary('exp', all)), token(unary('tanh', all))]),
      ),
      results('two uses of other rows stay', ...[layerOf(states)].flatMap(all => [token(all), token(all, 3)])),
      results(
        'a value with a use of all rows stays',
        ...[layerOf(states)].flatMap(all => [token(unary('exp', all)), all]),
      ),
      results('many rows stay', token(layerOf(states), 0, 4)),
      results('a sum over the rows stays', token(apply('mul', [sum(states, [1], true), sum(states, [0, 1], true)]), 0)),
    ],
  },
  merge_sliced_concat: {
    pass: mergeSlicedConcat,
    cases: [
      results('slices in their order', besides(...cut(states, 3)), besides(...cut(states, 3).slice(1))),
      results('slices of two arrays', besides(...cut(x, 3), ...cut(y, 3))),
      results('functions of slices', besides(...cut(x, 3).map(part => unary('exp', sum(part, [0], true))))),
      results('reductions of equal slices', besides(...cut(w, 2).map(part => sum(part, [1], true)))),
      results('slices in another order stay', besides(...[...cut(x, 3)].reverse())),
      results('different functions stay', besides(unary('exp', x), unary('tanh', x))),
      results('reductions of whole arrays stay', besides(sum(x, [1], true), sum(y, [1], true))),
      results('slices with another use stay', ...cut(x, 3).flatMap(part => [besides(unary('exp', part), part)])),
    ],
  },
  sink_reshapes: {
    pass: sinkReshapes,
    cases: [
      results(
        'from layer to layer',
        apply('linear', [reshape(unary('exp', deep(layer())), [2, 4]), reshape(w, [4, 3]), row]),
      ),
      results(
        'past operators along the last side',
        apply('standardize', [apply('add', [deep(x), row])], { epsilon: 0.5 }),
      ),
      results('past an operator on two reshapes of one shape', apply('add', [deep(x), deep(y)])),
      results('an operator on a layer takes its shape', apply('add', [states, layerOf(states)])),
      results(
        'an operator on reshapes of two shapes stays',
        apply('add', [reshape(x, [6, 1]), reshape(transpose(y, [1, 0]), [6, 1])]),
      ),
      results(
        'another last side stays',
        apply('softmax', [reshape(x, [3, 2])]),
        apply('add', [reshape(x, [2, 1, 3]), x]),
      ),
      results('an operator that broadcasts the reshape stays', apply('add', [reshape(row, [3, 1]), row])),
    ],
  },
  lower_transpose_to_gather: {
    pass: lowerTransposeToGather,
    cases: [
      results('heads of a layer, twice', ...[states, apply('neg', [states])].map(heads)),
      results('patches of several sides', transpose(reshape(rows, [10, 2, 2, 2, 3, 13]), [0, 2, 1, 4, 3, 5])),
      results('below two sides', transpose(reshape(rows, [10, 2, 3, 4, 13]), [0, 1, 3, 2, 4])),
      results('a transpose of short runs stays', transpose(states, [0, 2, 1]), transpose(states, [1, 0, 2])),
    ],
  },
  precompute_gelu_grad: {
    pass: precomputeGeluGrad,
    cases: [
      results('a layer of GELU depends on the derivative', ...layerAndSlope(x)),
      results('a layer through a reshape', ...layerAndSlope(reshape(x, [1, 2, 3]))),
      results('a layer without the derivative stays', layerAndSlope(x)[0]),
      results('the derivative of another operand stays', layerAndSlope(x)[0], layerAndSlope(y)[1]),
    ],
  },
  optimize: {
    pass: optimize,
    cases: [
      results(
        'a gradient of a mean square',
        apply('mul', [
          apply('mul', [apply('broadcast', [scalar(1)], { shape: [2, 3] }), apply('mul', [x, scalar(2)])]),
          apply('div', [fill(1, x), fill(6, x)]),
        ]),
      ),
      results(
        'a layer and its gradient',
        gelu(apply('add', [matmul(x, w), bias])),
        matmul(transpose(x, [1, 0]), apply('mul', [matmul(x, w), full4(2)])),
      ),
      results('constants stay', apply('add', [row, constant(Float32Array.of(1, 2, 3), row)])),
    ],
  },
}
