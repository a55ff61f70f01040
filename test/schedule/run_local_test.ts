import { rmSync } from 'node:fs'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Plan } from '../../dsl/compile/plan.ts'
import type { RunEvent } from '../../runtime/schedule/events.ts'
import { readJournal } from '../../runtime/schedule/journal.ts'
import { journalFolder, readRuns } from '../../runtime/schedule/recover.ts'
import { runLocally } from '../../runtime/schedule/run_local.ts'
import { findResults, planUntil, stagesNamed, withDependents } from '../../runtime/schedule/select.ts'
import { openStore, type Store } from '../../runtime/store/store.ts'
import { inTempFolder } from '../support.ts'
import { diamond as fixture } from './fixtures/diamond.ts'
import { fixtureWorker, planOf, stage } from './support.ts'

interface Choices {
  readonly forced?: ReadonlySet<string>
  readonly keepGoing?: boolean
  readonly onEvent?: (event: RunEvent, stop: () => void) => void
}

async function run(plan: Plan, store: Store, { forced = new Set(), keepGoing = false, onEvent }: Choices = {}) {
  const stop = new AbortController()
  const events: RunEvent[] = []
  const end = await runLocally(plan, {
    store,
    found: await findResults(plan, store),
    forced,
    keepGoing,
    jobs: 2,
    signal: stop.signal,
    entry: fixtureWorker,
    onEvent(event) {
      events.push(event)
      onEvent?.(event, () => stop.abort())
    },
  })
  const told = (kind: RunEvent['kind']): string =>
    events.flatMap(event => (event.kind === kind && 'stage' in event ? [event.stage] : [])).join(' ')
  return { ...end, events, told }
}

const { left, right, plan: diamond } = fixture

test('stages read what others published; a second run finds everything stored', () =>
  inTempFolder(async folder => {
    const store = openStore(folder)
    const first = await run(diamond, store)
    assert.is(first.outcome, 'done')
    const result = first.results.get('joined')
    assert.is(await readFile(join(result?.folder ?? '', 'text'), 'utf8'), 'joined(left(),right())')
    assert.equal(result?.manifest.warnings, ['one image was skipped'])
    const second = await run(diamond, store)
    assert.is(second.told('stage-started'), '')
    assert.is(second.told('stage-cached'), 'left right joined')
    assert.equal(await readdir(join(folder, 'staging')), [])
  }))

test('a forced stage runs again, and so does what is made from it', () =>
  inTempFolder(async folder => {
    const store = openStore(folder)
    await run(diamond, store)
    const again = await run(diamond, store, { forced: withDependents(diamond, ['left']) })
    assert.is(again.told('stage-started'), 'left joined')
    assert.is(again.outcome, 'done')
  }))

test('a result that was made from another result of its input is made again; where that turns out the same, it is not', () =>
  inTempFolder(async folder => {
    const store = openStore(folder)
    const { results } = await run(diamond, store)
    const { manifest } = results.get('left') ?? { manifest: undefined }
    if (manifest === undefined) throw new Error('nothing was made')
    const other = await store.stage(manifest.key)
    await writeFile(join(other, 'text'), 'another')
    await store.publish(other, manifest, { replace: true })
    assert.equal([...(await findResults(diamond, store)).keys()], ['left', 'right'])
    const second = await run(diamond, store)
    assert.is(second.told('stage-done'), 'joined')
    assert.is(
      await readFile(join(second.results.get('joined')?.folder ?? '', 'text'), 'utf8'),
      'joined(another,right())',
    )
    const forced = await run(diamond, store, { forced: new Set(['left']) })
    assert.is(forced.told('stage-done'), 'left', 'as at first, and what is made from it was found before')
    assert.is((await run(diamond, store)).told('stage-done'), 'joined')
    const third = await run(diamond, store, { forced: new Set(['left']) })
    assert.is(third.told('stage-done'), 'left')
    assert.is((await run(diamond, store)).told('stage-done'), '')
  }))

test('an attempt finds what earlier ones kept; a forced one begins anew, and a result ends it', () =>
  inTempFolder(async folder => {
    const store = openStore(folder)
    const plan = planOf([stage('long', 'goes-on')])
    const faults = async (choices?: Choices) =>
      (await run(plan, store, choices)).events.flatMap(event => (event.kind === 'stage-failed' ? event.fault.text : []))
    assert.equal(await faults(), ['Ended after 0 earlier attempts'])
    assert.equal(await faults(), ['Ended after 1 earlier attempts'])
    assert.equal(await faults({ forced: new Set(['long']) }), ['Ended after 0 earlier attempts'])
    assert.equal(await faults(), ['Ended after 1 earlier attempts'])
    assert.equal(await faults(), [])
    assert.equal(await readdir(join(folder, 'checkpoints')), [])
  }))

test('a plan can be cut down to a stage and what it needs', () => {
  assert.equal(planUntil(diamond, 'right').stages, [right])
  assert.equal(planUntil(diamond, 'joined').stages.length, 3)
  assert.equal(stagesNamed(diamond, 'jioned'), [])
})

test('a failure skips the rest with reasons, keeps what is done, and is journaled', () =>
  inTempFolder(async folder => {
    const store = openStore(folder)
    const bad = stage('bad', 'user-fault', { inputs: [left] })
    const plan = planOf([left, bad, stage('after', 'good', { inputs: [bad] })])
    const { outcome, told, results } = await run(plan, store)
    assert.is(outcome, 'failed')
    assert.is(told('stage-failed'), 'bad')
    assert.is(told('stage-skipped'), 'after')
    assert.equal([...results.keys()], ['left'])
    const [journal = ''] = await readdir(journalFolder(store))
    const kinds = (await readJournal(join(journalFolder(store), journal))).map(event => event.kind)
    assert.equal(kinds, [
      'run-started',
      'stage-started',
      'stage-done',
      'stage-started',
      'stage-failed',
      'stage-skipped',
      'run-ended',
    ])
    assert.equal(await readdir(join(folder, 'staging')), [])
  }))

test('keep going runs what does not need the failed stage', () =>
  inTempFolder(async folder => {
    const plan = planOf([stage('bad', 'user-fault'), left, stage('after', 'good', { inputs: [left] })])
    const { outcome, told } = await run(plan, openStore(folder), { keepGoing: true })
    assert.is(outcome, 'failed')
    assert.is(told('stage-done'), 'left after')
  }))

for (const moment of ['run-started', 'stage-started', 'stage-progress']) {
  test(`a stop at ${moment} ends running stages and starts nothing more`, () =>
    inTempFolder(async folder => {
      const long = stage('long', 'until-stopped')
      const plan = planOf([long, stage('after', 'good', { inputs: [long] })])
      const { outcome, events, told } = await run(plan, openStore(folder), {
        onEvent: (event, stop) => {
          if (event.kind === moment) stop()
        },
      })
      assert.is(outcome, 'stopped')
      assert.is(told('stage-skipped').split(' ').sort().join(' '), 'after long')
      assert.equal(events.at(-1), { kind: 'run-ended', outcome: 'stopped' })
      assert.equal(await readdir(join(folder, 'staging')).catch(() => []), [])
    }))
}

test('two controllers on one store do each stage once: one waits, says for whom, and takes the result', () =>
  inTempFolder(async folder => {
    const ends = await Promise.all([run(diamond, openStore(folder)), run(diamond, openStore(folder))])
    assert.equal(
      ends.map(({ outcome }) => outcome),
      ['done', 'done'],
    )
    const done = ends.map(({ told }) => told('stage-done')).join(' ')
    assert.equal(done.trim().split(' ').sort(), ['joined', 'left', 'right'])
    const waits = ends.flatMap(({ events }) => events.flatMap(event => (event.kind === 'stage-waiting' ? event : [])))
    assert.ok(waits.length > 0)
    assert.ok(waits.every(({ owner }) => owner.pid === process.pid))
    assert.equal(await readdir(join(folder, 'claims')), [])
  }))

test('a run that waits for another can be stopped', () =>
  inTempFolder(async folder => {
    const plan = planOf([stage('long', 'until-stopped')])
    const stops: (() => void)[] = []
    const compete = (): ReturnType<typeof run> =>
      run(plan, openStore(folder), {
        onEvent(event, stop) {
          if (event.kind === 'run-started') stops.push(stop)
          if (event.kind === 'stage-waiting') stop()
          if (event.kind === 'run-ended') for (const each of stops) each()
        },
      })
    const ends = await Promise.all([compete(), compete()])
    assert.equal(
      ends.map(({ outcome }) => outcome),
      ['stopped', 'stopped'],
    )
  }))

const summaries = (end: {
  readonly results: ReadonlyMap<string, { readonly manifest: { readonly summary: string } }>
}) => [...end.results.values()].map(({ manifest }) => manifest.summary)

test('short stages of the same grants share a process, unless one leaves something behind', () =>
  inTempFolder(async folder => {
    const chain = (kind: string) => Array.from({ length: 4 }, (_, index) => stage(`${kind}-${index}`, kind))
    const shared = new Set(summaries(await run(planOf(chain('process')), openStore(join(folder, 'a')))))
    assert.ok(shared.size <= 2, `${shared.size} processes`)
    const alone = new Set(summaries(await run(planOf(chain('keeps-a-file-open')), openStore(join(folder, 'b')))))
    assert.is(alone.size, 4)
  }))

test('a stage that holds a slot has a process of its own', () =>
  inTempFolder(async folder => {
    const stages = [1, 2, 3].map(index => stage(`s${index}`, 'process', { slots: 1 }))
    assert.is(new Set(summaries(await run(planOf(stages), openStore(folder)))).size, 3)
  }))

test('numbers that a stage logs are told and stay in the journal; what is only text does not', () =>
  inTempFolder(async folder => {
    const store = openStore(folder)
    const stages = [stage('base', 'resumes', { params: { steps: 1 } }), stage('photos', 'good')]
    const { events } = await run(planOf(stages), store)
    const told = events.flatMap(event => (event.kind === 'stage-log' ? [[event.level, event.values]] : []))
    assert.equal(told.toSorted(), [
      ['log', { step: 0 }],
      ['warn', undefined],
    ])
    const [only] = await readRuns(store)
    const logged = only?.events.flatMap(event => (event.kind === 'stage-log' ? [[event.stage, event.values]] : []))
    assert.equal(logged, [['base', { step: 0 }]])
  }))

test('a run whose store is deleted says so and leaves nothing; the next one starts anew', () =>
  inTempFolder(async folder => {
    const store = join(folder, 'store')
    const plan = planOf([stage('reads', 'sleep', { params: { steps: 3 } })])
    let isDeleted = false
    const end = run(plan, openStore(store), {
      onEvent(event) {
        if (event.kind === 'stage-progress' && !isDeleted) rmSync(store, { recursive: true })
        isDeleted ||= event.kind === 'stage-progress'
      },
    })
    const fault = await end.then(({ outcome }) => outcome, String)
    assert.match(fault, `The store in '${store}' was removed while this run used it; run again`)
    assert.equal(await readdir(folder), [])
    assert.is((await run(plan, openStore(store))).outcome, 'done')
  }))

test('a fault that passes is tried again, and told as a warning', () =>
  inTempFolder(async folder => {
    const { outcome, events } = await run(planOf([stage('net', 'fails-twice')]), openStore(folder))
    assert.is(outcome, 'done')
    const warnings = events.flatMap(event => (event.kind === 'stage-log' ? [event.text] : []))
    assert.match(warnings.join('\n'), /The host did not answer; attempt 2 begins in .*\n.*attempt 3/)
  }))

test.run()
