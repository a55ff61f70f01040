/** The passes of the optimiser in their order. */
import type { Graph } from './ir.ts'
import { elideBoundsChecks } from './passes/elide_bounds_checks.ts'
import { eliminateCommonSubexpressions } from './passes/eliminate_common_subexpressions.ts'
import { eliminateDeadRows } from './passes/eliminate_dead_rows.ts'
import { foldBiases, foldScales, foldTransposes } from './passes/fold_into_products.ts'
import { fuseOperators } from './passes/fuse_operators.ts'
import { fuseStandardize } from './passes/fuse_standardize.ts'
import { mergeSlicedConcat } from './passes/merge_sliced_concat.ts'
import { precomputeGeluGrad } from './passes/precompute_gelu_grad.ts'
import { propagateRowSparsity } from './passes/propagate_row_sparsity.ts'
import { reassociateScales } from './passes/reassociate_scales.ts'
import { simplify } from './passes/simplify.ts'
import { sinkReshapes } from './passes/sink_reshapes.ts'
import { splitReductions } from './passes/split_reductions.ts'
import { splitSlicedLinear } from './passes/split_sliced_linear.ts'

const passes: readonly ((graph: Graph) => Graph)[] = [
  simplify,
  eliminateCommonSubexpressions,
  mergeSlicedConcat,
  foldTransposes,
  foldScales,
  simplify,
  foldBiases,
  splitSlicedLinear,
  fuseOperators,
  fuseStandardize,
  elideBoundsChecks,
  propagateRowSparsity,
  eliminateDeadRows,
  simplify,
  reassociateScales,
  splitReductions,
  precomputeGeluGrad,
  sinkReshapes,
  eliminateCommonSubexpressions,
]

/** A graph with the same results in fewer and larger operations. */
export const optimize = (graph: Graph): Graph => passes.reduce((current, pass) => pass(current), graph)
