import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { DataFault, UserFault } from '../../dsl/diagnostics/faults.ts'
import { floats, type HostArray, hostArray, ints, scalarOf } from '../../runtime/engine/mod.ts'
import { openCheckpointFiles } from '../../runtime/train/checkpoint_files.ts'
import { openCheckpointManager } from '../../runtime/train/checkpoint_manager.ts'
import { bestValidation, isPatienceExhausted } from '../../runtime/train/early_stopping.ts'
import { historyArrays, readHistory, type StepReport } from '../../runtime/train/history.ts'
import { addScalars, expOf, joinLosses, sliceRows, stackRows } from '../../runtime/train/replica.ts'
import { addPrefix, hostArrays, pathsOf, stateNames, stateOf, withoutPrefix } from '../../runtime/train/state.ts'
import { describeFault, restoreFault } from '../../runtime/train/thread_fault.ts'
import { inTempFolder } from '../support.ts'

/** Reports of steps with these validation scores. */
const reportsOf = (scores: readonly (number | undefined)[]): readonly StepReport[] =>
  scores.map((validation, i) => ({
    ...{ step: i + 1, learningRate: 0.1, gradientNorm: 1, logitScale: 2, losses: { loss: 3 } },
    ...(validation !== undefined && { validation }),
  }))

test('the best validation is the highest, and of equal ones the first', () => {
  assert.is(bestValidation(reportsOf([undefined, undefined])), undefined)
  assert.equal(bestValidation(reportsOf([undefined, -2, undefined, -1, -1, -3])), { step: 4, value: -1 })
  assert.equal(bestValidation(reportsOf([0])), { step: 1, value: 0 })
})

test('patience is exhausted after as many validations without a new best, and not before', () => {
  assert.not(isPatienceExhausted(reportsOf([undefined, undefined, undefined]), 1))
  assert.not(isPatienceExhausted(reportsOf([5]), 1))
  assert.ok(isPatienceExhausted(reportsOf([5, 5]), 1))
  assert.not(isPatienceExhausted(reportsOf([1, 5, 4, undefined, undefined]), 2))
  assert.ok(isPatienceExhausted(reportsOf([1, 5, 4, undefined, 4.9]), 2))
  assert.not(isPatienceExhausted(reportsOf([1, 5, 4, 6]), 2))
})

const schedule = { peak: 2, warmUp: 0, steps: 4, shape: { kind: 'linear', floor: 0 } } as const

test('reports survive their arrays, with learning rates from the schedule', () => {
  const reports = [
    {
      step: 1,
      learningRate: 2,
      gradientNorm: 0.5,
      logitScale: 14,
      losses: { loss: 3, contrastive: 2 },
      validation: 0.25,
    },
    {
      step: 2,
      learningRate: 2 * (1 - 1 / 3),
      gradientNorm: 1.5,
      logitScale: 15,
      losses: { loss: 2.5, contrastive: 1 },
    },
  ]
  const arrays = historyArrays(reports)
  assert.equal(Object.keys(arrays), [
    'gradientNorm',
    'logitScale',
    'validation',
    'losses.0.loss',
    'losses.1.contrastive',
  ])
  assert.equal([...(arrays['losses.1.contrastive']?.data ?? [])], [2, 1])
  assert.equal(readHistory(arrays, { steps: 2, schedule }), reports)
  assert.equal(Object.keys(readHistory(arrays, { steps: 2, schedule })[0]?.losses ?? {}), ['loss', 'contrastive'])
  assert.equal(readHistory(historyArrays([]), { steps: 0, schedule }), [])
  assert.throws(() => readHistory(arrays, { steps: 3, schedule }), /Its history 'gradientNorm' is not of 3 steps/)
  const { logitScale: _, ...lacking } = arrays
  assert.throws(() => readHistory(lacking, { steps: 2, schedule }), /Its history 'logitScale' is not of 2 steps/)
})

test('rows are cut from arrays of any number of dimensions, and stacked again', () => {
  const arrays = {
    flat: ints(Int32Array.of(1, 2, 3)),
    deep: floats(
      Float32Array.from({ length: 12 }, (_, i) => i),
      [3, 2, 2],
    ),
  }
  const { flat, deep } = sliceRows(arrays, 1, 2)
  assert.equal([flat?.shape, flat?.dtype, [...(flat?.data ?? [])]], [[2], 'int32', [2, 3]])
  assert.equal(
    [deep?.shape, [...(deep?.data ?? [])]],
    [
      [2, 2, 2],
      [4, 5, 6, 7, 8, 9, 10, 11],
    ],
  )
  const [first, second] = [sliceRows(arrays, 0, 1).deep, deep]
  if (first === undefined || second === undefined) throw new Error('The rows are missing')
  const stacked = stackRows([first, second])
  assert.equal([stacked.shape, [...stacked.data]], [[3, 2, 2], [...arrays.deep.data]])
  const scalars = stackRows([floats(Float32Array.of(1, 2)), floats(Float32Array.of(3))])
  assert.equal([scalars.shape, [...scalars.data]], [[3], [1, 2, 3]])
})

test('numbers add up by name, also those that only some parts have', () => {
  assert.equal(addScalars([{ a: 1, b: 2 }, { b: 3 }, { c: -1 }]), { a: 1, b: 5, c: -1 })
  assert.equal(addScalars([]), {})
})

test('losses of parts are joined as those of the whole batch, in float32', () => {
  const parts = [
    { contrastive: 2, sums: { caption: 3, region: 0.5 }, rest: 0.1 },
    { contrastive: 2, sums: { caption: 4, region: 0 }, rest: 0.2 },
  ]
  assert.equal(joinLosses(parts, { caption: 5, region: 0 }), {
    loss: Math.fround(2.3),
    contrastive: 2,
    caption: Math.fround(7 / 5),
    region: 0.5,
  })
  assert.ok(Number.isNaN(joinLosses([], {}).loss))
})

test('the exponential is a float32', () => {
  assert.is(expOf(0), 1)
  assert.is(expOf(1), Math.fround(Math.E))
})

test('a state survives its paths, and an array on a device is an error', () => {
  const [w, m, v] = [scalarOf(1), scalarOf(2), scalarOf(3)]
  const state = { weights: { 'a.b': w }, first: { 'a.b': m }, second: { 'a.b': v }, average: {} }
  const paths = pathsOf(state)
  assert.equal(stateNames, ['weights', 'first', 'second', 'average'])
  const averaged = { ...state, average: { 'a.b': m } }
  assert.equal(stateOf(pathsOf(averaged)), averaged)
  assert.equal(Object.keys(paths).sort(), ['first.a.b', 'second.a.b', 'weights.a.b'])
  assert.equal(stateOf(paths), state)
  const device = { shape: [], dtype: 'float32', location: 'device', release: () => {} } as never
  assert.throws(() => hostArrays({ weights: { a: device } }), /The array 'weights\.a' is on a device/)
})

test('a prefix is a whole name', () => {
  const arrays = { a: scalarOf(1), 'b.c': scalarOf(2) }
  assert.equal(Object.keys(addPrefix(arrays, 'x')), ['x.a', 'x.b.c'])
  assert.equal(withoutPrefix(addPrefix(arrays, 'x'), 'x'), arrays)
  assert.equal(withoutPrefix({ 'xy.a': scalarOf(1), x: scalarOf(2), 'a.x.b': scalarOf(3) }, 'x'), {})
})

test('faults keep class and place between threads', () => {
  const send = (thrown: unknown, prefix?: string) => restoreFault(structuredClone(describeFault(thrown)), prefix)
  const user = send(new UserFault('wrong', { place: 'train.lr', hint: 'mend it' }))
  assert.equal([user instanceof UserFault && user.place, user.message], ['train.lr', 'wrong; mend it'])
  const data = send(new DataFault('damaged', { file: 'a.tar', item: 's1' }), 'Slot 1: ')
  assert.equal(data instanceof DataFault && [data.place.file, data.place.item], ['a.tar', 's1'])
  assert.is(data.message, 'Slot 1: damaged')
  const other = send(new TypeError('undefined is not a function'), 'Slot 2: ')
  assert.equal([other.constructor, other.message], [Error, 'Slot 2: undefined is not a function'])
})

const arrays: Readonly<Record<string, HostArray>> = {
  'weights.a': floats(Float32Array.of(1, 2)),
  n: ints(Int32Array.of(3)),
}

test('the newest checkpoints are kept, and those of later steps are not counted', () =>
  inTempFolder(async folder => {
    const files = openCheckpointFiles(folder, { run: 'x', keep: 2, warn: assert.unreachable })
    for (const step of [9, 10, 11]) await files.save({ step, arrays })
    assert.equal((await readdir(folder)).sort(), ['step-000000010.safetensors', 'step-000000011.safetensors'])
    // A run that went back to an earlier step leaves the later files alone.
    await files.save({ step: 5, arrays })
    await files.save({ step: 6, arrays })
    await files.save({ step: 7, arrays })
    assert.equal(
      (await readdir(folder)).sort(),
      [6, 7, 10, 11].map(step => `step-${String(step).padStart(9, '0')}.safetensors`),
    )
    const steps: number[] = []
    const newest = await files.resume(({ step, arrays: read }) => {
      steps.push(step)
      assert.equal(read, arrays)
      return `at ${step}`
    })
    assert.equal([newest, steps], ['at 11', [11]])
  }))

test('a checkpoint that is refused is renamed, and the one before is offered', () =>
  inTempFolder(async folder => {
    const warnings: string[] = []
    const files = openCheckpointFiles(folder, { run: 'x', keep: 5, warn: text => void warnings.push(text) })
    for (const step of [1, 2, 3]) await files.save({ step, arrays })
    // What is no checkpoint is left alone.
    const foreign = ['notes.txt', 'step-00000004.safetensors', 'step-000000005.safetensors.new']
    for (const name of foreign) await writeFile(join(folder, name), '')
    const found = await files.resume(({ step }) => {
      if (step > 1) throw new Error('it has other arrays')
      return step
    })
    assert.is(found, 1)
    const left = (await readdir(folder)).filter(name => !foreign.includes(name))
    assert.is((await readdir(folder)).length - left.length, 3)
    assert.equal(left.sort(), [
      'step-000000001.safetensors',
      'step-000000002.safetensors.unusable',
      'step-000000003.safetensors.unusable',
    ])
    assert.equal(
      warnings,
      [3, 2].map(
        step =>
          `The checkpoint 'step-00000000${step}.safetensors' cannot be used (it has other arrays); it is set aside as 'step-00000000${step}.safetensors.unusable'`,
      ),
    )
    assert.is(await openCheckpointFiles(folder, { run: 'y', keep: 5, warn: () => {} }).resume(() => 1), undefined)
  }))

test('the digest of a checkpoint covers names, types, shapes and elements', async () => {
  const change = async (changed: Readonly<Record<string, HostArray>>) =>
    inTempFolder(async folder => {
      const warnings: string[] = []
      const files = openCheckpointFiles(folder, { run: 'x', keep: 1, warn: text => void warnings.push(text) })
      const { readSafetensors, writeSafetensors } = await import('../../runtime/model/safetensors.ts')
      await files.save({ step: 1, arrays })
      const path = `${folder}/step-000000001.safetensors`
      const { metadata } = await readSafetensors(path)
      await writeSafetensors(path, { arrays: changed, metadata })
      return (await files.resume(() => 'used')) ?? warnings.join()
    })
  const a = floats(Float32Array.of(1, 2))
  assert.is(await change(arrays), 'used')
  for (const changed of [
    { ...arrays, 'weights.a': floats(Float32Array.of(1, 3)) },
    { ...arrays, 'weights.a': floats(Float32Array.of(1, 2), [2, 1]) },
    { ...arrays, n: hostArray(new Float32Array(Int32Array.of(3).buffer), { shape: [1], dtype: 'float32' }) },
    { 'weights.b': a, n: ints(Int32Array.of(3)) },
    { 'weights.a': a },
  ])
    assert.match(await change(changed), 'its content is not as it was written')
})

/** Runs a body with the clock of `performance.now` stopped at times that the body sets. */
async function withClock(body: (set: (milliseconds: number) => void) => Promise<void>): Promise<void> {
  const { now } = performance
  let time = 5000
  performance.now = () => time
  try {
    await body(milliseconds => {
      time = milliseconds
    })
  } finally {
    performance.now = now
  }
}

const weights = { w: floats(Float32Array.of(1, 2)), logit_scale: scalarOf(1) }
const loader = { position: () => ({ at: ints(Int32Array.of(7)) }), restore: () => {} }

test('a checkpoint is due when its interval has passed since the last one or since the start', () =>
  inTempFolder(folder =>
    withClock(async set => {
      const checkpoints = { folder, every: 2, keep: 2, log: () => {}, warn: assert.unreachable }
      const manager = openCheckpointManager({ weights, optimizer: {}, schedule, loader, checkpoints })
      set(6000)
      const { state } = await manager.restore()
      set(7999)
      assert.not(manager.isDue())
      set(8000)
      assert.ok(manager.isDue())
      set(9000)
      await manager.save({ state: pathsOf(state), reports: reportsOf([undefined]) })
      assert.not(manager.isDue())
      set(10_999)
      assert.not(manager.isDue())
      set(11_000)
      assert.ok(manager.isDue())
    }),
  ))

test('without checkpoints a run begins at its first step and none is ever due', async () => {
  const manager = openCheckpointManager({ weights, optimizer: {}, schedule, loader })
  assert.not(manager.isDue())
  const { state, reports } = await manager.restore()
  assert.equal(reports, [])
  assert.equal(state.weights, weights)
  for (const moments of [state.first, state.second]) {
    assert.equal(Object.keys(moments), ['w', 'logit_scale'])
    assert.equal((moments.w as HostArray).data, new Float32Array(2))
    assert.equal((moments.w as HostArray).shape, [2])
  }
  assert.equal(state.average, {})
  const averaging = openCheckpointManager({ weights, optimizer: { ema: 0.9 }, schedule, loader })
  assert.equal((await averaging.restore()).state.average, weights)
})

test('a checkpoint restores state, reports, best weights and the position of the loader', () =>
  inTempFolder(async folder => {
    const logs: string[] = []
    const restored: unknown[] = []
    const checkpoints = {
      folder,
      every: 2,
      keep: 2,
      log: (text: string) => void logs.push(text),
      warn: assert.unreachable,
    }
    const options = {
      ...{ weights, optimizer: {}, schedule, checkpoints },
      loader: { ...loader, restore: (position: unknown) => void restored.push(position) },
    }
    const reports = readHistory(historyArrays(reportsOf([1, 3])), { steps: 2, schedule })
    const trained = { w: floats(Float32Array.of(8, 9)), logit_scale: scalarOf(2) }
    const better = { weights: { w: floats(Float32Array.of(5, 6)), logit_scale: scalarOf(3) }, average: {} }
    const state = { weights: trained, first: weights, second: weights, average: {} }
    const manager = openCheckpointManager(options)
    await manager.save({ state: pathsOf(state), reports, best: pathsOf(better) })
    const found = await openCheckpointManager(options).restore()
    assert.equal(found.state, state)
    assert.equal(found.reports, reports)
    assert.equal(found.best, better)
    assert.equal(logs, ['Going on from the checkpoint of step 2 of 4'])
    assert.equal(restored, [loader.position()])
    await manager.save({ state: pathsOf(state), reports: reportsOf([undefined, undefined, undefined]) })
    assert.is((await openCheckpointManager(options).restore()).best, undefined)
  }))

test('a checkpoint of another schedule or of other shapes is of another run', () =>
  inTempFolder(async folder => {
    const attempt = async (changes: object) => {
      const warnings: string[] = []
      const checkpoints = { folder, every: 2, keep: 2, log: () => {}, warn: (text: string) => void warnings.push(text) }
      const options = { weights, optimizer: {}, schedule, loader, checkpoints }
      const { state } = await openCheckpointManager(options).restore()
      await openCheckpointManager(options).save({ state: pathsOf(state), reports: reportsOf([undefined]) })
      const { reports } = await openCheckpointManager({ ...options, ...changes }).restore()
      return [reports.length, warnings.length]
    }
    assert.equal(await attempt({}), [1, 0])
    assert.equal(await attempt({ schedule: { ...schedule, peak: 3 } }), [0, 1])
    assert.equal(await attempt({ weights: { ...weights, w: floats(Float32Array.of(1, 2), [2, 1]) } }), [0, 1])
    assert.equal(await attempt({ weights: { ...weights, extra: scalarOf(0) } }), [0, 1])
  }))

test.run()
