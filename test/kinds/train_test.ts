import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { readModel } from '../../runtime/model/model_folder.ts'
import { eventFileName } from '../../runtime/train/event_file.ts'
import { inTempFolder } from '../support.ts'
import { readEvents } from '../train/event_reader.ts'
import { runTraining, writeSquares } from './support.ts'

test('a stage with an average writes it as the model and the last weights beside it, from which the next phase starts', () =>
  inTempFolder(async folder => {
    await writeSquares(join(folder, 'squares'), { train: 16 })
    const bytes = (name: string, file = 'model.safetensors') => readFile(join(folder, name, file))
    await runTraining(folder, 'plain')
    await runTraining(folder, 'averaged', { params: { ema: 0.9 } })
    assert.equal(await bytes('averaged', 'last.safetensors'), await bytes('plain'))
    assert.not.equal(await bytes('averaged'), await bytes('plain'))

    const read = async (name: string, weights?: 'average' | 'last') =>
      (await readModel(join(folder, name), { weights })).weights
    assert.equal(await read('averaged', 'last'), await read('plain'))
    assert.equal(await read('plain', 'last'), await read('plain'))
    assert.equal(await read('averaged', 'average'), await read('averaged'))
    assert.not.equal(await read('averaged'), await read('plain'))

    await runTraining(folder, 'after-plain', { inputs: { init: { folder: join(folder, 'plain') } } })
    await runTraining(folder, 'after-averaged', { inputs: { init: { folder: join(folder, 'averaged') } } })
    assert.equal(await bytes('after-averaged'), await bytes('after-plain'))
  }))

const stop_early = { metric: 'mean_recall', every: 16, patience: 2 }
const validation = (folder: string) => ({ validation: { folder: join(folder, 'squares'), split: 'val' } })

test('a stage that stops early measures held-out data, keeps its best weights and says so', () =>
  inTempFolder(async folder => {
    await writeSquares(join(folder, 'squares'), { train: 16, val: 12 })
    const options = { params: { stop_early, samples: 400, ema: 0.8 }, inputs: validation(folder) }
    const { result, logs } = await runTraining(folder, 'stopped', options)
    const history = JSON.parse(await readFile(join(folder, 'stopped/history.json'), 'utf8'))
    const { steps = 0, best_step: best = 0 } = result.metrics
    assert.is(history.length, steps)
    const validated = history.filter((step: { validation?: number }) => step.validation !== undefined)
    assert.equal(
      validated.map((step: { step: number }) => step.step % 2),
      validated.map(() => 0),
    )
    assert.is(
      Math.max(...validated.map((step: { validation: number }) => step.validation)),
      history[best - 1].validation,
    )
    assert.is(result.metrics.validation_mean_recall, Number(history[best - 1].validation.toFixed(2)))
    assert.ok(steps === best + 4 || steps === 50, `stopped at ${steps}, best at ${best}`)
    assert.ok(steps < 50, 'squares of four colours are soon told apart as well as they can be')
    assert.match(logs.join('\n'), /Step \d+ of 50: .*validation mean_recall \d+\.\d\d/)
    const curve = result.exhibits.find(({ title }) => title === 'Validation')
    assert.is(curve?.kind === 'curves' && curve.series[0]?.points.length, validated.length)
    const { weights } = await readModel(join(folder, 'stopped'))
    const last = await readModel(join(folder, 'stopped'), { weights: 'last' })
    assert.not.equal(weights, last.weights)
  }))

test('a stage that stops early ends alike where it was stopped on request', () =>
  inTempFolder(async folder => {
    await writeSquares(join(folder, 'squares'), { train: 16, val: 12 })
    const options = { params: { stop_early, samples: 160, ema: 0.8 }, inputs: validation(folder) }
    await runTraining(folder, 'straight', options)
    const stop = new AbortController()
    const onProgress = ({ done }: { done: number }) => done === 5 * 8 && stop.abort(new Error('Stopped on request'))
    const first = runTraining(folder, 'resumed', { ...options, signal: stop.signal, onProgress })
    assert.is(await first.catch((error: Error) => error.message), 'Stopped on request')
    await runTraining(folder, 'resumed', options)
    const [names, others] = [await readdir(join(folder, 'straight')), await readdir(join(folder, 'resumed'))]
    assert.equal(names.toSorted(), others.toSorted())
    for (const name of names)
      assert.equal(await readFile(join(folder, 'resumed', name)), await readFile(join(folder, 'straight', name)), name)
  }))

test('a temperature weighs datasets by their sizes', () =>
  inTempFolder(async folder => {
    await writeSquares(join(folder, 'squares'), { train: 16 })
    await writeSquares(join(folder, 'few'), { train: 2 })
    const data = [
      { role: 'data.0', weight: 0.25 },
      { role: 'data.1', weight: 0.75 },
    ]
    const inputs = { 'data.1': { folder: join(folder, 'few'), split: 'train' } }
    const { logs } = await runTraining(folder, 'mixed', { params: { data, temperature: 3 }, inputs })
    // 16^(1/3) is twice 2^(1/3): a quarter twice against three quarters once.
    assert.match(logs.join(' | '), /Dataset 1 .* 16 samples and is 40\.0 %.*Dataset 2 .* 2 samples and is 60\.0 %/)
    // The same as weights: what is drawn does not depend on how they came about.
    const weights = [4, 6].map((weight, i) => ({ role: `data.${i}`, weight }))
    await runTraining(folder, 'weighed', { params: { data: weights }, inputs })
    const history = (name: string) => readFile(join(folder, name, 'history.json'), 'utf8')
    assert.is(await history('mixed'), await history('weighed'))
  }))

test('a loss that is not finite stops the stage with the samples of its batch', () =>
  inTempFolder(async folder => {
    await writeSquares(join(folder, 'squares'), { train: 16 })
    const attempt = runTraining(folder, 'broken', { params: { learning_rate: Number.POSITIVE_INFINITY } })
    assert.match(
      String(await attempt.catch((error: Error) => error.message)),
      /Training stopped at step \d+: the loss is not finite \(.*\); the batch held (train-\d+, ){7}train-\d+; lower the/,
    )
  }))

test('the event file of a stage holds every step, with validations, and the journal those of the log', () =>
  inTempFolder(async folder => {
    await writeSquares(join(folder, 'squares'), { train: 16, val: 4 })
    const params = { stop_early: { ...stop_early, patience: 99 } }
    const { logs, numbers } = await runTraining(folder, 'out', { params, inputs: validation(folder) })
    const history = JSON.parse(await readFile(join(folder, 'out/history.json'), 'utf8'))
    const events = readEvents(await readFile(join(folder, 'out', eventFileName)))
    assert.is(events.length, 11)
    assert.equal(events[0], { version: 'brain.Event:2', step: 0, values: {} })
    for (const [i, { step, values }] of events.slice(1).entries()) {
      const { losses, learningRate, gradientNorm, logitScale, validation } = history[i]
      const { contrastive, caption, loss } = losses
      assert.is(step, i + 1)
      assert.equal(values, {
        ...{ loss, contrastive_loss: contrastive, caption_loss: caption, learning_rate: Math.fround(learningRate) },
        ...{ gradient_norm: gradientNorm, logit_scale: logitScale },
        ...(step % 2 === 0 && { 'validation/mean_recall': validation }),
      })
      const { step: _, steps, ...journaled } = numbers[i] ?? {}
      assert.is(steps, 10)
      assert.equal({ ...journaled, learning_rate: Math.fround(learningRate) }, values)
    }
    assert.is(numbers.length, logs.filter(text => text.startsWith('Step ')).length)
  }))

test.run()
