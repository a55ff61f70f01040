import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { apply, constant, fill, type Graph, input, type Node, scalar } from '../../runtime/engine/graph/ir.ts'
import { optimize } from '../../runtime/engine/graph/optimize.ts'
import { digest, print, valueName } from '../../runtime/engine/graph/print.ts'
import type { HostArray } from '../../runtime/engine/mod.ts'
import { emit } from '../../runtime/engine/onnx/emit.ts'
import { projectRoot } from '../support.ts'
import { passCases } from './pass_cases.ts'
import type { PassCases } from './pass_nodes.ts'
import { feeds, graphOf, programs } from './random_graph.ts'
import { rowFeeds, rowGraph, rowPrograms } from './random_rows.ts'
import { differences, runGraph } from './support.ts'

/** Every case of a pass before and after it. */
function transcript({ pass, cases }: PassCases): string {
  return cases
    .map(({ name, graph }) => {
      const [before, after] = [print(graph), print(pass(graph))]
      return `# ${name}\n${before}${before === after ? 'stays\n' : `becomes\n${after}`}`
    })
    .join('\n')
}

for (const [name, cases] of Object.entries(passCases))
  test(`${name} rewrites as its golden says`, () => {
    const path = join(projectRoot, 'test/engine/goldens', `${name}.txt`)
    const actual = transcript(cases)
    if (process.env.UPDATE_GOLDENS === '1') writeFileSync(path, actual)
    assert.fixture(actual, readFileSync(path, 'utf8'))
  })

/** Throws where a graph gives other results once it is optimised and made a model than written as it stands. */
async function staysEqual(graph: Graph, feeds: Readonly<Record<string, HostArray>>): Promise<void> {
  const before = await runGraph(graph, feeds, emit(graph, { fusedProducts: true }))
  const after = await runGraph(optimize(graph), feeds)
  const largest = Math.max(1, ...Object.values(before).flatMap(({ data }) => Array.from(data, Math.abs)))
  assert.equal(differences(after, before, { absolute: 1e-5 * largest, relative: 1e-4 }), [])
}

test('random graphs give equal results before and after optimize', async () => {
  await fc.assert(
    fc.asyncProperty(programs, program => staysEqual(graphOf(program), feeds)),
    { seed: 11, numRuns: 150 },
  )
})

test('random graphs of few rows give equal results before and after optimize', async () => {
  await fc.assert(
    fc.asyncProperty(rowPrograms, program => staysEqual(rowGraph(program), rowFeeds)),
    { seed: 12, numRuns: 200 },
  )
})

const x = input('x', { shape: [2, 2], dtype: 'float32' })
const y = input('y', { shape: [2, 2], dtype: 'float32' })
const graph = (node: Node, inputs = [x, y]): Graph => ({ inputs, outputs: [{ name: 'z', node }] })

test('a graph prints one node a line with its type', () => {
  const padded = apply('pad', [apply('add', [x, y])], { value: -0.5, before: [1, 0], after: [0, 0] })
  const text = `graph {
  a: float32[2,2] = input x
  b: float32[2,2] = input y
  c: float32[2,2] = add(a, b)
  d: float32[3,2] = pad(c) { after: [0,0], before: [1,0], value: -0.5 }
  return z: d
}
`
  assert.is(print(graph(padded)), text)
  assert.equal([0, 25, 26, 701, 702].map(valueName), ['a', 'z', 'aa', 'zz', 'aaa'])
})

test('constants print their elements, or a digest where they are many', () => {
  const few = constant(Int32Array.of(1, -2), { shape: [2], dtype: 'int32' })
  const many = constant(new Float32Array(9), { shape: [9], dtype: 'float32' })
  assert.match(print(graph(few)), 'int32[2] = constant [1, -2]')
  assert.match(print(graph(many)), /float32\[9\] = constant sha256:[0-9a-f]{16}/)
})

test('the digest is of what a graph computes, not of how it was made', () => {
  const of = (node: Node, inputs = [x, y]) => digest(graph(node, inputs))
  const product = (attributes: Record<string, boolean>) => of(apply('matmul', [x, y], attributes))
  assert.is(of(apply('add', [x, y])), of(apply('add', [x, y])))
  assert.is(product({ transposeA: true, transposeB: false }), product({ transposeB: false, transposeA: true }))
  const different = [
    of(apply('add', [x, y])),
    of(apply('add', [y, x])),
    of(apply('add', [x, y]), [y, x]),
    of(apply('sub', [x, y])),
    product({ transposeA: true }),
    product({ transposeB: true }),
    of(fill(0, x)),
    of(fill(-0, x)),
    of(scalar(0)),
    of(scalar(0, 'int32')),
    of(constant(Float32Array.of(0, 0), { shape: [2], dtype: 'float32' })),
    of(constant(Float32Array.of(0, -0), { shape: [2], dtype: 'float32' })),
  ]
  assert.is(new Set(different).size, different.length)
})

test.run()
