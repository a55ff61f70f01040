import { readdir } from 'node:fs/promises'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { UserFault } from '../../dsl/diagnostics/faults.ts'
import { chooseEngine, floats, floatsOf, type HostArray, scalarOf } from '../../runtime/engine/mod.ts'
import { loadObjective } from '../../runtime/train/objective.ts'
import { createReplica } from '../../runtime/train/replica.ts'
import { createStepper } from '../../runtime/train/stepper.ts'
import { inTempFolder } from '../support.ts'
import { constants, faultOf, lineBatch, lineSource, lineWeights, near, nearAll, optimizer, trainLine } from './line.ts'

const engine = await chooseEngine('cpu', 1)
const zeros = () =>
  Object.fromEntries(
    Object.entries(lineWeights).map(([name, { data, shape }]) => [name, floats(new Float32Array(data.length), shape)]),
  )
const start = { weights: lineWeights, first: zeros(), second: zeros(), average: {} }

/** The losses of the batch by their definitions, in float64. */
function expectedLosses() {
  const [a, b, bias] = ['a.weight', 'b.weight', 'b.bias'].map(name => [...(lineWeights[name]?.data ?? [])] as number[])
  const rows = (array: HostArray) =>
    Array.from({ length: 4 }, (_, i) => [...array.data.slice(3 * i, 3 * i + 3)] as number[])
  const apply = (matrix: readonly number[] = [], row: readonly number[], shift: (k: number) => number) =>
    [0, 1].map(k => row.reduce((sum, value, i) => sum + value * (matrix[3 * k + i] ?? 0), shift(k)))
  const moved = rows(lineBatch.x).map(row => apply(a, row, () => 0.25))
  const unit = (row: readonly number[]) => row.map(value => value / Math.hypot(...row))
  const images = moved.map(unit)
  const texts = rows(lineBatch.y).map(row => unit(apply(b, row, k => bias?.[k] ?? 0)))
  const logits = images.map(image =>
    texts.map(text => Math.E * ((image[0] ?? 0) * (text[0] ?? 0) + (image[1] ?? 0) * (text[1] ?? 0))),
  )
  const cross = (row: readonly number[], i: number) =>
    Math.log(row.reduce((sum, z) => sum + Math.exp(z), 0)) - (row[i] ?? 0)
  const columns = logits.map((_, j) => logits.map(row => row[j] ?? 0))
  const contrastive = [...logits, ...columns].reduce((sum, row, i) => sum + cross(row, i % 4), 0) / 8
  const counted = moved.filter((_, i) => i !== 2)
  const squares = counted.reduce((sum, row) => sum + row.reduce((s, value) => s + value * value, 0), 0) / 3
  return { loss: contrastive + 0.5 * squares, contrastive, squares }
}

for (const microBatch of [4, 2, 1])
  test(`a first step in parts of ${microBatch} measures the losses of the formulas`, async () => {
    const { reports } = await trainLine(1, { microBatch })
    const [report] = reports
    const expected = expectedLosses()
    assert.equal(Object.keys(report?.losses ?? {}), Object.keys(expected))
    for (const [name, value] of Object.entries(expected)) near(report?.losses[name], value)
    assert.equal([report?.step, report?.learningRate], [1, 0.05])
  })

test('steps in parts change weights, averages and norms as whole steps do', async () => {
  const ema = { ...optimizer, ema: 0.5 }
  const whole = await trainLine(5, { optimizer: ema })
  for (const microBatch of [1, 2]) {
    const parts = await trainLine(5, { microBatch, optimizer: ema })
    for (const [i, { gradientNorm, logitScale, losses }] of parts.reports.entries()) {
      near(gradientNorm, whole.reports[i]?.gradientNorm ?? 0)
      near(logitScale, whole.reports[i]?.logitScale ?? 0)
      for (const [name, value] of Object.entries(losses)) near(value, whole.reports[i]?.losses[name] ?? 0)
    }
    for (const name of Object.keys(lineWeights)) {
      nearAll(parts.weights[name], whole.weights[name])
      nearAll(parts.last?.[name], whole.last?.[name])
    }
  }
})

test('a mean over less than one item is divided by one, in parts as in whole steps', async () => {
  const few = { ...lineBatch, counted: floats(Float32Array.of(0.5, 0, 0, 0), [4]) }
  const [whole, parts, none] = await Promise.all(
    [
      { arrays: () => few },
      { arrays: () => few, microBatch: 2 },
      { arrays: () => ({ ...few, counted: floats(new Float32Array(4), [4]) }), microBatch: 2 },
    ].map(options => trainLine(2, options)),
  )
  for (const step of [0, 1])
    for (const name of ['loss', 'squares', 'contrastive'])
      near(parts?.reports[step]?.losses[name], whole?.reports[step]?.losses[name] ?? 9)
  assert.is(none?.reports[1]?.losses.squares, 0)
  assert.ok((whole?.reports[0]?.losses.squares ?? 0) > 0)
})

test('a model without a logit scale cannot be contrasted', async () => {
  const { logit_scale: _, ...weights } = lineWeights
  const objective = await loadObjective(lineSource())
  const replica = createReplica({ ...start, weights }, { engine, objective, optimizer, constants, microBatch: 4 })
  const { counts, ...embedded } = await replica.embed(lineBatch)
  const fault = await faultOf(replica.backward(lineBatch, { ...embedded, offset: 0, totals: counts }))
  assert.match(String(fault), 'The model has no logit scale, which the contrastive loss needs')
  await replica.dispose()
})

test('the logit scale that is reported is the factor after the update, in float32', async () => {
  for (const microBatch of [4, 2]) {
    const { weights, reports } = await trainLine(2, { microBatch })
    const parameter = floatsOf(weights.logit_scale ?? scalarOf(0))[0] ?? 0
    assert.is(reports[1]?.logitScale, Math.fround(Math.exp(parameter)))
    assert.is.not(parameter, 1)
  }
})

test('a batch that does not divide is refused by its field', async () => {
  const options = { engine, optimizer, constants, objective: lineSource(), batchSize: 4 }
  for (const [slots, microBatch, told] of [
    [3, undefined, '3 slots of parts of 1.3333333333333333'],
    [1, 3, '1 slots of parts of 3'],
    [2, 4, '2 slots of parts of 4'],
  ] as const) {
    const fault = await faultOf(createStepper(start, { ...options, slots, microBatch }))
    assert.instance(fault, UserFault)
    assert.is(fault instanceof UserFault && fault.place, 'batch_size')
    assert.is(fault instanceof Error && fault.message, `A batch of 4 does not divide into ${told}`)
  }
})

test('an engine that is not compiled is refused on several slots', async () => {
  const native = { name: 'native', provider: 'cpu', threads: 1, eager: 'cpu' } as const
  const options = { engine: native, optimizer, constants, objective: lineSource(), batchSize: 4, slots: 2 }
  const fault = await faultOf(createStepper(start, options))
  assert.is(fault instanceof UserFault && fault.place, 'slots')
})

test('the compiled step is stored where a folder is given, and nowhere else', () =>
  inTempFolder(async folder => {
    const options = { engine, optimizer, constants, objective: lineSource(), batchSize: 4 }
    const stepper = await createStepper(start, { ...options, cacheFolder: folder })
    await stepper.step(lineBatch, { step: 1, learningRate: 0.05 })
    await stepper.dispose()
    assert.ok((await readdir(folder)).some(name => name.endsWith('.step')))
  }))

test('a replica adds gradients up until an update, and begins again from zero', async () => {
  const objective = await loadObjective(lineSource())
  const replica = createReplica(start, { engine, objective, optimizer, constants, microBatch: 2 })
  const pass = async () => {
    const { counts, ...embedded } = await replica.embed(lineBatch)
    assert.equal(counts, { squares: 3 })
    assert.equal(
      [embedded.images.shape, embedded.texts.shape],
      [
        [4, 2],
        [4, 2],
      ],
    )
    return replica.backward(lineBatch, { ...embedded, offset: 0, totals: counts })
  }
  const values = async () => [...floatsOf((await replica.gradients())['a.weight'] ?? scalarOf(0))]
  const { contrastive, sums, rest } = await pass()
  const expected = expectedLosses()
  near(contrastive, expected.contrastive)
  near(sums.squares, 3 * expected.squares)
  near(rest, 0.5 * expected.squares)
  const once = await values()
  await pass()
  const twice = await values()
  for (const [i, value] of once.entries()) near(twice[i], 2 * value)
  assert.ok(once.some(value => Math.abs(value) > 1e-3))
  await replica.update({ step: 1, learningRate: 0.05 })
  assert.equal(
    await values(),
    once.map(() => 0),
  )
  await replica.dispose()
})

test('a replica computes its own rows of a larger batch', async () => {
  const objective = await loadObjective(lineSource())
  const options = { engine, objective, optimizer, constants, microBatch: 1 }
  const half = (from: number) =>
    Object.fromEntries(
      Object.entries(lineBatch).map(([name, { data, shape }]) => {
        const row = data.length / 4
        return [name, floats(Float32Array.from(data.slice(from * row, (from + 2) * row)), [2, ...shape.slice(1)])]
      }),
    )
  const replicas = [0, 2].map(offset => ({ offset, rows: half(offset), replica: createReplica(start, options) }))
  const embedded = await Promise.all(replicas.map(({ replica, rows }) => replica.embed(rows)))
  const join = (kind: 'images' | 'texts') =>
    floats(Float32Array.from(embedded.flatMap(part => [...part[kind].data] as number[])), [4, 2])
  const request = { images: join('images'), texts: join('texts'), totals: { squares: 3 } }
  const all = createReplica(start, { ...options, microBatch: 4 })
  const whole = await all.embed(lineBatch)
  nearAll(request.images, whole.images)
  await all.backward(lineBatch, { ...request, offset: 0 })
  const expected = await all.gradients()
  const sums = await Promise.all(
    replicas.map(async ({ replica, rows, offset }) => {
      await replica.backward(rows, { ...request, offset })
      return replica.gradients()
    }),
  )
  for (const name of ['a.weight', 'b.weight', 'b.bias'])
    for (const [i, value] of floatsOf(expected[name] ?? scalarOf(0)).entries())
      near(
        sums.reduce((sum, part) => sum + (part[name]?.data[i] as number), 0),
        value,
      )
  const updated = await replicas[0]?.replica.update({ step: 1, learningRate: 0.05 }, expected)
  const same = await all.update({ step: 1, learningRate: 0.05 })
  assert.equal(updated, same)
  for (const { replica } of replicas) await replica.dispose()
  await all.dispose()
})

test.run()
