import { readdir } from 'node:fs/promises'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { faultClassOf, UserFault } from '../../dsl/diagnostics/faults.ts'
import { floats, floatsOf, type HostArray, scalarOf } from '../../runtime/engine/mod.ts'
import { inTempFolder } from '../support.ts'
import { faultOf, lineBatch, lineLoader, lineSource, optimizer, trainLine } from './line.ts'

type Measured = Readonly<Record<string, unknown>>

test('every second step and the last are validated, and the best weights are returned', async () => {
  const scores = [0.2, 0.9, 0.3]
  const measured: number[][] = []
  const measure = async (weights: Measured) => {
    measured.push([...floatsOf(weights['b.bias'] as HostArray)])
    return scores[measured.length - 1] ?? 0
  }
  const { steps, weights, last } = await trainLine(5, { validation: { every: 2, patience: 9, measure } })
  assert.equal(
    steps.map(({ validation }) => validation),
    [undefined, Math.fround(0.2), undefined, Math.fround(0.9), Math.fround(0.3)],
  )
  assert.equal([...floatsOf(weights['b.bias'] ?? scalarOf(0))], measured[1])
  assert.not.equal(measured[1], measured[2])
  assert.is(last, undefined)
})

test('the first of equally good weights is kept', async () => {
  const measured: number[][] = []
  const measure = async (weights: Measured) => {
    measured.push([...floatsOf(weights['b.bias'] as HostArray)])
    return 0
  }
  const { weights } = await trainLine(3, { validation: { every: 1, patience: 9, measure } })
  assert.equal([...floatsOf(weights['b.bias'] ?? scalarOf(0))], measured[0])
})

test('training stops when patience is exhausted, and its last step is not a checkpoint', () =>
  inTempFolder(async folder => {
    let calls = 0
    const measure = async () => -calls++
    const checkpoints = { folder, every: 0, keep: 9, log: () => {}, warn: assert.unreachable }
    const { steps } = await trainLine(20, { validation: { every: 1, patience: 3, measure }, checkpoints })
    assert.is(steps.length, 4)
    const saved = (await readdir(folder)).filter(name => name.endsWith('.safetensors'))
    assert.equal(
      saved.sort(),
      [1, 2, 3].map(step => `step-00000000${step}.safetensors`),
    )
  }))

test('with an average it is the average that is measured, and both are returned', async () => {
  const measured: number[][] = []
  const measure = async (weights: Measured) => {
    measured.push([...floatsOf(weights['b.bias'] as HostArray)])
    return measured.length
  }
  const { weights, last } = await trainLine(2, {
    optimizer: { ...optimizer, ema: 0.9 },
    validation: { every: 1, patience: 9, measure },
  })
  assert.equal([...floatsOf(weights['b.bias'] ?? scalarOf(0))], measured[1])
  const plain = await trainLine(2)
  assert.equal(last, plain.weights)
  assert.not.equal(last, weights)
})

test('a resumed run is told its earlier steps, keeps its best weights and ends as an uninterrupted one', () =>
  inTempFolder(async folder => {
    const scores = [3, 1, 2, 1]
    const known: number[] = []
    // The same weights have the same score, whichever run measures them.
    const measure = async (weights: Measured) => {
      const [first = 0] = floatsOf(weights['b.bias'] as HostArray)
      if (!known.includes(first)) known.push(first)
      return scores[known.indexOf(first)] ?? Number.NaN
    }
    const validation = { every: 1, patience: 9, measure }
    const straight = await trainLine(4, { validation })
    const stop = new AbortController()
    const checkpoints = { folder, every: 3600, keep: 2, log: () => {}, warn: assert.unreachable }
    const onStep = ({ step }: { readonly step: number }) => step === 2 && stop.abort(new Error('Stopped on request'))
    const fault = await faultOf(trainLine(4, { checkpoints, signal: stop.signal, onStep, validation }))
    assert.is(fault instanceof Error && fault.message, 'Stopped on request')
    const started: number[][] = []
    const loader = lineLoader()
    const onStart = (steps: readonly { readonly step: number }[]) => void started.push(steps.map(({ step }) => step))
    const resumed = await trainLine(4, { checkpoints, loader, validation, onStart })
    assert.equal(started, [[1, 2]])
    assert.equal(
      resumed.reports.map(({ step }) => step),
      [3, 4],
    )
    assert.equal(resumed.weights, straight.weights)
    assert.equal(resumed.steps, straight.steps)
    assert.equal([...loader.position().taken.data], [4])
    assert.is(known.length, 4)
  }))

test('a loss that is not finite stops the run with the samples of its batch', async () => {
  const broken = { ...lineBatch, x: floats(new Float32Array(12).fill(Number.NaN), [4, 3]) }
  for (const [rows, told] of [
    [2, 'row-0, row-1'],
    [8, 'row-0, row-1, row-2, row-3, row-4, row-5, row-6, row-7'],
    [9, 'row-0, row-1, row-2, row-3, row-4, row-5, row-6, row-7 and 1 more'],
  ] as const) {
    const fault = await faultOf(trainLine(2, { loader: lineLoader(rows), arrays: () => broken }))
    assert.is(faultClassOf(fault), 'user')
    assert.is(fault instanceof UserFault && fault.place, 'learning_rate')
    assert.is(
      fault instanceof Error && fault.message,
      `Training stopped at step 1: the loss is not finite (loss NaN, contrastive NaN, squares NaN); the batch held ${told}; lower the learning rate or look at these samples`,
    )
  }
})

test('a gradient that is not finite stops the run although the loss is', async () => {
  // The root of a sum of squares at 1e19 overflows float32.
  const large = { ...lineBatch, x: floats(new Float32Array(12).fill(1e16), [4, 3]) }
  const fault = await faultOf(trainLine(1, { arrays: () => large, objective: lineSource({ squares: 1e-3 }) }))
  assert.match(fault instanceof Error ? fault.message : '', /^Training stopped at step 1/)
})

test.run()
