import { readdir, readFile, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { openCheckpointFiles } from '../../runtime/train/checkpoint_files.ts'
import { inTempFolder } from '../support.ts'
import { bitsOf, trainTiny } from './tiny.ts'

const steps = 8
const uninterrupted = bitsOf(await trainTiny({ steps }))

/** Trains with a checkpoint after each step, and asks to stop after step `last`; returns what was told. */
async function runUntil(folder: string, last = Number.POSITIVE_INFINITY, { every = 0, keep = 2 } = {}) {
  const stop = new AbortController()
  const [logs, warnings]: [string[], string[]] = [[], []]
  const seen: number[] = []
  const trained = await trainTiny({
    steps,
    checkpoints: { folder, every, keep, log: text => logs.push(text), warn: text => warnings.push(text) },
    signal: stop.signal,
    onStep: ({ step }) => {
      seen.push(step)
      if (step === last) stop.abort(new Error('Stopped on request'))
    },
  }).catch((error: Error) => error.message)
  return { trained: typeof trained === 'string' ? trained : bitsOf(trained), logs, warnings, seen }
}

/** Files of a folder, but for the compiled step, which lies beside the checkpoints. */
const checkpointsIn = async (folder: string): Promise<string[]> =>
  (await readdir(folder)).filter(name => !name.endsWith('.step'))

test('a run that is stopped goes on from its last step, and ends bit-identical to one that was not', () =>
  inTempFolder(async folder => {
    const first = await runUntil(folder, 3, { every: 3600 })
    assert.equal([first.trained, await checkpointsIn(folder)], ['Stopped on request', ['step-000000003.safetensors']])
    assert.is((await runUntil(folder, 6)).trained, 'Stopped on request')
    const last = await runUntil(folder)
    assert.equal(last.seen, [7, 8])
    assert.equal(last.logs, ['Going on from the checkpoint of step 6 of 8'])
    assert.is(last.trained, uninterrupted)
  }))

test('with every option of learning on, a run that is stopped ends bit-identical to one that was not', () =>
  inTempFolder(async folder => {
    const options = {
      steps,
      ema: 0.99,
      contrast: { kind: 'focal', gamma: 1.5 },
      shape: { kind: 'cooldown', share: 0.5, shape: '1-sqrt', floor: 0.1 },
      layerDecay: 0.8,
      groups: [{ prefix: 'visual.patch_embed', rateScale: 0, decayScale: 1 }],
      microBatch: 4,
    } as const
    const straight = bitsOf(await trainTiny(options))
    const stop = new AbortController()
    const checkpoints = { folder, every: 3600, keep: 2, log: () => {}, warn: assert.unreachable }
    const onStep = ({ step }: { step: number }) => step === 5 && stop.abort(new Error('Stopped on request'))
    const first = trainTiny({ ...options, checkpoints, signal: stop.signal, onStep })
    assert.is(await first.catch((error: Error) => error.message), 'Stopped on request')
    assert.is(bitsOf(await trainTiny({ ...options, checkpoints })), straight)
  }))

test('as many checkpoints stay as are asked for; a damaged one is set aside with a warning and the one before is used', () =>
  inTempFolder(async folder => {
    await runUntil(folder, 4, { keep: 3 })
    assert.is((await checkpointsIn(folder)).length, 3)
    await runUntil(folder, 5)
    assert.equal(await checkpointsIn(folder), ['step-000000004.safetensors', 'step-000000005.safetensors'])
    const newest = join(folder, 'step-000000005.safetensors')
    const bytes = await readFile(newest)
    bytes.writeUInt8((bytes.at(-9) ?? 0) ^ 1, bytes.length - 9)
    await writeFile(newest, bytes)
    const { trained, warnings, seen } = await runUntil(folder)
    assert.is(seen[0], 5)
    assert.match(warnings[0] ?? '', /step-000000005.*not as it was written.*set aside/)
    assert.ok((await readdir(folder)).includes('step-000000005.safetensors.unusable'))
    assert.is(trained, uninterrupted)
  }))

test('where no checkpoint can be used training begins anew', () =>
  inTempFolder(async folder => {
    await runUntil(folder, 2)
    await truncate(join(folder, 'step-000000002.safetensors'), 1000)
    await writeFile(join(folder, 'step-000000001.safetensors'), 'foreign')
    // What a kill leaves of a checkpoint that was being written is no checkpoint.
    await writeFile(join(folder, 'step-000000003.safetensors.new'), 'half')
    const { trained, warnings, seen } = await runUntil(folder)
    assert.equal([seen[0], warnings.length], [1, 2])
    assert.match(warnings.join(), /not a whole safetensors file/)
    assert.is(trained, uninterrupted)
  }))

test('a checkpoint of another schedule is not used', () =>
  inTempFolder(async folder => {
    const warnings: string[] = []
    await runUntil(folder, 2)
    const checkpoints = {
      folder,
      every: 3600,
      keep: 2,
      log: () => {},
      warn: (text: string) => void warnings.push(text),
    }
    const other = await trainTiny({ steps: 3, checkpoints })
    assert.match(warnings[0] ?? '', 'of another training run')
    assert.is(bitsOf(other), bitsOf(await trainTiny({ steps: 3 })))
  }))

test('a checkpoint that cannot be written is a warning', () =>
  inTempFolder(async folder => {
    const warnings: string[] = []
    const files = openCheckpointFiles(join(folder, 'gone'), {
      run: 'x',
      keep: 2,
      warn: text => void warnings.push(text),
    })
    await files.save({ step: 7, arrays: {} })
    assert.match(warnings.join(), /No checkpoint was saved at step 7 \(.*no such file.*training goes on/)
  }))

test.run()
