/** The passes in their order. */
import type { Graph } from './ir.ts'
import { moveFactors } from './passes/factors.ts'
import { sinkReshapes } from './passes/flat.ts'
import { fuse } from './passes/fuse.ts'
import { hasten } from './passes/hasten.ts'
import { trustIndices } from './passes/inside.ts'
import { splitLayers } from './passes/layers.ts'
import { fuseNorms } from './passes/norms.ts'
import { joinPieces } from './passes/pieces.ts'
import { foldBiases, foldScales, foldTransposes } from './passes/products.ts'
import { dropRows } from './passes/rows.ts'
import { share } from './passes/share.ts'
import { simplify } from './passes/simplify.ts'
import { splitSums } from './passes/sums.ts'
import { moveZeros } from './passes/zeros.ts'

const passes: readonly ((graph: Graph) => Graph)[] = [
  simplify,
  share,
  joinPieces,
  foldTransposes,
  foldScales,
  simplify,
  foldBiases,
  splitLayers,
  fuse,
  fuseNorms,
  trustIndices,
  moveZeros,
  dropRows,
  simplify,
  moveFactors,
  splitSums,
  hasten,
  sinkReshapes,
  share,
]

/** A graph with the same results in fewer and larger operations. */
export const optimize = (graph: Graph): Graph => passes.reduce((current, pass) => pass(current), graph)
