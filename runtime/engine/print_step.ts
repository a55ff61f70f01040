/** The text of a compiled step, for debugging. */
import { Refusal } from '../../dsl/diagnostics/faults.ts'
import type { Graph } from './graph/ir.ts'
import { optimize } from './graph/optimize.ts'
import { namesOf, print } from './graph/print.ts'
import { isTensorType, type TensorType } from './graph/types.ts'
import { isUnder, type JitOptions } from './jit.ts'
import { lowerGraph, type ModelTarget, stepGraphs } from './model.ts'
import { trace } from './trace/trace.ts'
import { mapTree, type Tree } from './tree.ts'

/**
 * Compiles a step as `jit` does, with the same passes, and prints its graphs: one line for each node, with its type, operator,
 * operands and attributes. `inputs` has the types of the inputs, or arrays of these types. Nothing runs.
 *
 * The text has a section `main`, before it one `hoisted` where nodes depend on invariant inputs alone, and after either one
 * for the tiles where the engine computes a tile of rows at a time. Throws a refusal where the engine does not compile.
 */
export function printStep<In extends object, Out extends object>(
  step: (inputs: In) => Out,
  inputs: Tree<TensorType>,
  { engine, invariant = [] }: Pick<JitOptions, 'engine' | 'invariant'>,
): string {
  if (engine.eager !== undefined)
    throw new Refusal(`The engine '${engine.name}' runs steps uncompiled, so there is no graph of them`)
  const types = mapTree(inputs, isTensorType, ({ shape, dtype }): TensorType => ({ shape, dtype }))
  const { main, hoisted } = stepGraphs(optimize(trace(step, types).graph), isUnder(new Set(invariant)), engine)
  const hoistedText =
    hoisted === undefined ? [] : sections('hoisted: runs when an invariant input changes', hoisted, engine)
  return [...hoistedText, ...sections('main', main, engine)].join('\n')
}

/** A graph as the engine runs it, and the graph of its tiles. */
function sections(title: string, graph: Graph, target: ModelTarget): readonly string[] {
  const { graph: lowered, tiling } = lowerGraph(graph, target)
  const whole = `# ${title}\n${print(lowered)}`
  if (tiling === undefined) return [whole]
  const names = namesOf(lowered)
  const list = (nodes: readonly unknown[]) => [...names].flatMap(([node, name]) => (nodes.includes(node) ? [name] : []))
  const sources = `rows of ${list(tiling.split).join(', ')} give rows of ${list(tiling.results).join(', ')}`
  return [whole, `# ${tiling.times} tiles: ${sources}\n${print(tiling.body)}`]
}
