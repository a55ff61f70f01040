import { join } from 'node:path'
import { execa } from 'execa'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { runLocally } from '../../../runtime/schedule/run_local.ts'
import { openStore } from '../../../runtime/store/store.ts'
import { fixtureWorker } from '../support.ts'
import { withFakeSlurm } from './fake_slurm.ts'
import { plans, runPlanned } from './fixtures/controller.ts'

const controller = join(import.meta.dirname, 'fixtures', 'controller.js')

test('jobs make the results that processes of this machine make', () =>
  withFakeSlurm(async ({ store, submissions }) => {
    const { outcome, results, told } = await runPlanned(store, { plan: 'diamond' })
    assert.is(outcome, 'done')
    assert.is(told('stage-queued'), 'left right joined')
    // Two independent jobs may begin in either order.
    assert.match(told('stage-started'), /^(left right|right left) joined$/)
    const local = await runLocally(plans.diamond, {
      store: openStore(`${store}-local`),
      found: new Map(),
      forced: new Set(),
      keepGoing: false,
      signal: new AbortController().signal,
      entry: fixtureWorker,
      onEvent: () => undefined,
    })
    for (const [id, { manifest }] of local.results) assert.is(results.get(id)?.manifest.digest, manifest.digest, id)
    const again = await runPlanned(store, { plan: 'diamond' })
    assert.is(again.told('stage-cached'), 'left right joined')
    assert.is(await submissions(), 3)
  }))

test('a controller that is killed between submission and record submits nothing twice', () =>
  withFakeSlurm(async ({ store, set, submissions }) => {
    await set('kill')
    const killed = await execa('node', [controller, store, 'long'], { reject: false })
    assert.is(killed.signal, 'SIGKILL')
    assert.is(await submissions(), 1)
    const { outcome, events, faults } = await runPlanned(store, { plan: 'long' })
    assert.is(outcome, 'done', faults.join('; '))
    assert.is(await submissions(), 2, 'the stage after it was still to be submitted')
    assert.equal(
      events.find(event => event.kind === 'stage-queued'),
      { kind: 'stage-queued', stage: 'long', job: '100', text: 'job 100' },
    )
  }))

test('an unclear submission is looked for before it is made again', () =>
  withFakeSlurm(async ({ store, set, submissions }) => {
    await set('unclear', 'sbatch: error: Batch job submission failed: Socket timed out on send/recv operation\n')
    const { outcome, notices } = await runPlanned(store, { plan: 'diamond' })
    assert.is(outcome, 'done')
    assert.is(await submissions(), 3)
    assert.match(notices.join('\n'), 'no clear answer (Batch job submission failed: Socket timed out')
  }))

test('a queue that does not answer for a while is no failure', () =>
  withFakeSlurm(async ({ store, set }) => {
    const { outcome, notices } = await runPlanned(store, {
      plan: 'long',
      onEvent: event => {
        if (event.kind === 'stage-started' && event.stage === 'long')
          void set('down', 'slurm_load_jobs error: Unable to contact slurm controller (connect failure)\n')
      },
    })
    assert.is(outcome, 'done')
    assert.match(
      notices.join('\n'),
      'squeue does not answer (slurm_load_jobs error: Unable to contact slurm controller',
    )
  }))

test('nothing is submitted before the queue was seen', () =>
  withFakeSlurm(async ({ store, set, submissions }) => {
    await set('down', 'squeue: error: Unable to contact slurm controller\n')
    const fault = await runPlanned(store, { plan: 'diamond' }).catch(error => error)
    assert.match(fault.message, 'Slurm does not answer (Unable to contact slurm controller); nothing was submitted')
    assert.is(await submissions(), 0)
  }))

test('a refusal names the option to set and the partitions there are', () =>
  withFakeSlurm(async ({ store, set }) => {
    await set('refuse', 'sbatch: error: Batch job submission failed: Invalid partition name specified\n')
    const { outcome, faults, told } = await runPlanned(store, { plan: 'long', options: ['partition=gqu'] })
    assert.is(outcome, 'failed')
    assert.equal(faults, [
      'Slurm refused the job (Batch job submission failed: Invalid partition name specified): set --sbatch partition=NAME; partitions: main, gpu',
    ])
    assert.is(told('stage-skipped'), 'after')
  }))

for (const [state, words] of [
  ['TIMEOUT', 'Job 100 hit its time limit of 2:00; raise it with --sbatch long:time=TIME and run again'],
  ['OUT_OF_MEMORY', 'Job 100 ran out of its memory of 856M (estimate 0.1 GiB); raise it with --sbatch long:mem=SIZE'],
  ['CANCELLED', 'Job 100 was cancelled by scancel or by an administrator'],
  ['FAILED', 'Job 100 failed before the stage began; store and program must lie at the same path on every node'],
] as const) {
  test(`a job in state ${state} says what to do`, () =>
    withFakeSlurm(async ({ store, set }) => {
      await set('state', state)
      const { outcome, faults } = await runPlanned(store, { plan: 'long' })
      assert.is(outcome, 'failed')
      assert.match(faults.join('\n'), words)
    }))
}

for (const state of ['NODE_FAIL', 'PREEMPTED']) {
  test(`a job that Slurm ends with ${state} is submitted again, with what depends on it`, () =>
    withFakeSlurm(async ({ store, set, submissions, cancelled }) => {
      await set('state', state)
      const { outcome, notices } = await runPlanned(store, { plan: 'long' })
      assert.is(outcome, 'done')
      assert.is(await submissions(), 4)
      assert.is(await cancelled(), '100 101')
      assert.equal(notices, [`Job 100 lost its node (${state}); "long" is submitted again`])
    }))
}

test('of a job that the queue forgot the accounting tells; without it, its files', () =>
  withFakeSlurm(async ({ store, set }) => {
    await set('state', 'RUNNING')
    await set('accounting', 'PREEMPTED\nTIMEOUT\n')
    const forget = { onEvent: () => void set('forget') }
    const { faults } = await runPlanned(store, { plan: 'long', ...forget })
    assert.match(faults.join(), 'Job 100 hit its time limit')
  }))

test('a forgotten job without a word is a fault, one with a result is done', () =>
  withFakeSlurm(async ({ store, set }) => {
    await set('forget')
    assert.is((await runPlanned(store, { plan: 'diamond', pace: { lag: 60_000 } })).outcome, 'done')
    await set('state', 'RUNNING')
    const { faults } = await runPlanned(store, { plan: 'long' })
    assert.match(faults.join(), "is gone from Slurm's queue without a word")
  }))

test('a fault of the stage is told in its own words, and ends what waits for it', () =>
  withFakeSlurm(async ({ store, cancelled }) => {
    const { outcome, faults, told } = await runPlanned(store, { plan: 'failing' })
    assert.is(outcome, 'failed')
    assert.equal(faults, ['Image "a.jpg" is missing; put it back or remove its row'])
    assert.is(told('stage-skipped'), 'after')
    assert.is(await cancelled(), '--state=PENDING 101')
  }))

test('an interruption leaves the jobs running, and the next run watches them', () =>
  withFakeSlurm(async ({ store, submissions, cancelled }) => {
    const { outcome, jobsLeft } = await runPlanned(store, {
      plan: 'long',
      onEvent: (event, stop) => {
        if (event.kind === 'stage-progress') stop()
      },
    })
    assert.is(outcome, 'stopped')
    assert.equal(jobsLeft, ['100', '101'])
    assert.is(await cancelled(), '')
    assert.is((await runPlanned(store, { plan: 'long' })).outcome, 'done')
    assert.is(await submissions(), 2)
  }))

test('a forced stage runs again as a job', () =>
  withFakeSlurm(async ({ store, submissions }) => {
    await runPlanned(store, { plan: 'diamond' })
    const { told } = await runPlanned(store, { plan: 'diamond', forced: ['joined'] })
    assert.is(told('stage-done'), 'joined')
    assert.is(await submissions(), 4)
  }))

test('stages that make parts of one result are one array, and what joins them waits for all its tasks', () =>
  withFakeSlurm(async ({ store, submissions, calls }) => {
    const { outcome, told, results } = await runPlanned(store, { plan: 'parts' })
    assert.is(outcome, 'done')
    assert.is(told('stage-queued'), 'photos.0 photos.1 photos.2 photos.3 photos')
    assert.is(await submissions(), 2)
    assert.match(await calls(), /^--parsable --array=0-3 --dependency=singleton .*\n/)
    assert.match(await calls(), '--dependency=afterok:100_0:100_1:100_2:100_3,singleton')
    assert.is(results.get('photos')?.manifest.metrics.count, 3)
  }))

test('a part that fails is told alone; the next run submits that one, and its array has no other', () =>
  withFakeSlurm(async ({ store, submissions, calls }) => {
    const { outcome, faults, told } = await runPlanned(store, { plan: 'partFails' })
    assert.is(outcome, 'failed')
    assert.equal(faults, ['Image "a.jpg" is missing; put it back or remove its row'])
    assert.is(told('stage-failed'), 'photos.2')
    assert.is(told('stage-done').split(' ').length, 3)
    await runPlanned(store, { plan: 'partFails' })
    assert.is(await submissions(), 4)
    assert.match((await calls()).split('\n')[2] ?? '', '--array=2 ')
  }))

test('a controller that is killed while it submits an array finds its tasks by their index', () =>
  withFakeSlurm(async ({ store, set, submissions }) => {
    await set('kill')
    const killed = await execa('node', [controller, store, 'slowParts'], { reject: false })
    assert.is(killed.signal, 'SIGKILL')
    const { outcome, events, faults } = await runPlanned(store, { plan: 'slowParts' })
    assert.is(outcome, 'done', faults.join('; '))
    assert.is(await submissions(), 2)
    assert.equal(
      events.find(event => event.kind === 'stage-queued'),
      { kind: 'stage-queued', stage: 'photos.0', job: '100_0', text: 'job 100_0' },
    )
  }))

test('a task that lost its node is submitted again alone', () =>
  withFakeSlurm(async ({ store, set, calls, cancelled }) => {
    await set('state', 'NODE_FAIL')
    const { outcome, notices } = await runPlanned(store, { plan: 'parts' })
    assert.is(outcome, 'done')
    assert.equal(notices, ['Job 100_0 lost its node (NODE_FAIL); "photos.0" is submitted again'])
    assert.match(await calls(), '--array=0 --dependency=singleton')
    assert.match(await cancelled(), '100_0')
  }))

test('without Slurm the PATH is named', async () => {
  const { PATH } = process.env
  process.env.PATH = '/nowhere'
  try {
    const fault = await runPlanned('/nowhere/store', { plan: 'diamond' }).catch(error => error)
    assert.match(fault.message, 'There is no squeue on the PATH; run on a login node of the cluster')
  } finally {
    process.env.PATH = PATH
  }
})

test.run()
