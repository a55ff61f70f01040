import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { PlannedClaim } from '../../dsl/compile/plan.ts'
import { magma } from '../../runtime/report/colour_map.ts'
import { type LayeredGraph, layOut, reduceEdges } from '../../runtime/report/layers.ts'
import { html } from '../../runtime/report/markup.ts'
import { judgeClaims, summariseClaims } from '../../runtime/report/mod.ts'
import { formatColumn, formatMetric, formatNumber, formatSeconds } from '../../runtime/report/numbers.ts'
import { niceAxis, runningMean, thin } from '../../runtime/report/scale.ts'
import { plan } from './fixture.ts'

test('templates escape text in content and attributes, and leave markup alone', () => {
  const inner = html`<b>${'<&>'}</b>`
  assert.is(
    html`<p title="${'"\''}">${[inner, 1, undefined, false]}</p>`.markup,
    '<p title="&quot;&#39;"><b>&lt;&amp;&gt;</b>1</p>',
  )
})

test('numbers are grouped, percent has two decimals, columns agree', () => {
  assert.is(formatNumber(1234567), '1,234,567')
  assert.is(formatNumber(-3.456), '\u22123.46')
  assert.is(formatNumber(0.00123), '0.0012')
  assert.is(formatMetric('i2t_r1', 65), '65.00')
  assert.is(formatMetric('images', 480), '480')
  assert.equal([1, 2.5].map(formatColumn([1, 2.5])), ['1.00', '2.50'])
  assert.equal([1, 2500].map(formatColumn([1, 2500])), ['1', '2,500'])
  assert.equal([0.42, 12.3, 59.7, 200, 3725].map(formatSeconds), [
    '0.4 s',
    '12 s',
    '1 min 0 s',
    '3 min 20 s',
    '1 h 2 min',
  ])
})

test('claims hold up to the rounding of decimal fractions', () => {
  const claim = (part: Partial<PlannedClaim>): PlannedClaim => ({
    name: 'c',
    stage: 's',
    metric: 'mean_iou',
    tolerance: 0,
    origin: 'paper',
    ...part,
  })
  const verdict = (part: Partial<PlannedClaim>, mean_iou: number) => {
    const manifest = { metrics: { mean_iou }, key: '', id: 's', kind: '', version: 1, summary: '', exhibits: [] }
    const result = {
      folder: '',
      manifest: { ...manifest, engine: '', seconds: 0, warnings: [], files: {}, digest: '' },
    }
    return judgeClaims({ ...plan, claims: [claim(part)] }, new Map([['s', result]]))[0]?.verdict
  }
  assert.is(verdict({ expect: 86.3, tolerance: 2 }, 88.3), 'held')
  assert.is(verdict({ expect: 86.3, tolerance: 2 }, 88.31), 'not held')
  assert.is(verdict({ atLeast: 10 }, 10), 'held')
  assert.is(verdict({ atLeast: 10, atMost: 20 }, 20.01), 'not held')
  assert.is(summariseClaims([{ claim: claim({}), verdict: 'held', expected: '', measured: 1 }]), 'The one claim holds.')
  assert.is(summariseClaims([]), '')
})

test('axes hold all values between round ticks', () => {
  const values = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 20 })
  fc.assert(
    fc.property(values, list => {
      const axis = niceAxis(list, { from: 0, to: 100, most: 6 })
      assert.ok(axis.ticks.length >= 2 && axis.ticks.length <= 8, String(axis.ticks))
      for (const value of list) assert.ok(axis.place(value) >= 0 && axis.place(value) <= 100)
    }),
    { seed: 5 },
  )
  assert.equal(niceAxis([0.2, 3.9], { from: 0, to: 100, most: 6 }).ticks, [0, 1, 2, 3, 4])
})

test('long series are smoothed and thinned without losing a spike', () => {
  const line = Array.from({ length: 5000 }, (_, index) => [index, index === 3333 ? 99 : 1] as const)
  assert.ok(thin(line).length < 500)
  assert.is(Math.max(...thin(line).map(point => point[1])), 99)
  assert.equal(runningMean({ points: line })?.points[0], [0, 1])
  assert.is(runningMean({ points: line.slice(0, 30) }), undefined)
})

test('the colour map goes evenly from dark to light', () => {
  const lightness = Array.from({ length: 256 }, (_, level) => {
    const [red = 0, green = 0, blue = 0] = magma.subarray(3 * level, 3 * level + 3)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
  })
  assert.equal([...magma.subarray(0, 3)], [0, 0, 4])
  assert.equal([...magma.subarray(-3)], [252, 253, 191])
  assert.ok(lightness.every((light, level) => level === 0 || light >= (lightness[level - 1] ?? 0) - 0.5))
})

const graphs: fc.Arbitrary<LayeredGraph> = fc
  .array(fc.array(fc.nat(), { maxLength: 4 }), { minLength: 1, maxLength: 14 })
  .map(inputs => ({
    nodes: inputs.map((_, index) => ({ id: `n${index}`, width: 60 + index })),
    edges: inputs.flatMap((list, index) =>
      index === 0 ? [] : [...new Set(list.map(from => from % index))].map(from => [`n${from}`, `n${index}`] as const),
    ),
  }))

test('graphs lie in rows from inputs to outputs without overlaps', () => {
  fc.assert(
    fc.property(graphs, graph => {
      const layout = layOut(reduceEdges(graph))
      const spots = graph.nodes.map(({ id, width }) => ({ width, ...(layout.nodes.get(id) ?? { x: -1, row: -1 }) }))
      for (const [from, to] of graph.edges) {
        assert.ok((layout.nodes.get(from)?.row ?? 0) < (layout.nodes.get(to)?.row ?? 0), `${from} before ${to}`)
      }
      spots.forEach((a, index) => {
        assert.ok(a.row >= 0 && a.x - a.width / 2 >= -0.1 && a.x + a.width / 2 <= layout.width + 0.1)
        for (const b of spots.slice(index + 1)) {
          if (a.row === b.row) assert.ok(Math.abs(a.x - b.x) >= (a.width + b.width) / 2, 'nodes overlap')
        }
      })
    }),
    { seed: 6, numRuns: 200 },
  )
})

test('only edges that a longer way implies are dropped', () => {
  const nodes = ['a', 'b', 'c', 'd'].map(id => ({ id, width: 1 }))
  const edges = [
    ['a', 'b'],
    ['b', 'c'],
    ['a', 'c'],
    ['a', 'd'],
  ] as const
  assert.equal(reduceEdges({ nodes, edges }).edges, [
    ['a', 'b'],
    ['b', 'c'],
    ['a', 'd'],
  ])
})

test.run()
