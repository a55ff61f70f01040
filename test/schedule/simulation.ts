/** Whole runs on a virtual clock: the real driver and scheduler, an executor that only pretends. */
import fc from 'fast-check'
import * as assert from 'uvu/assert'
import type { Stage } from '../../dsl/compile/plan.ts'
import type { RunEvent } from '../../runtime/schedule/events.ts'
import type { Executor, StageEnd } from '../../runtime/schedule/executor.ts'
import { type RunEnd, runPlan } from '../../runtime/schedule/run_plan.ts'
import type { Limits } from '../../runtime/schedule/scheduler.ts'
import { createSlots, type SlotPool } from '../../runtime/schedule/slots.ts'
import type { Result } from '../../runtime/store/store.ts'
import { planOf, stage } from './support.ts'

/** What becomes of a stage. */
export type Fate = 'done' | 'shared' | 'fault' | 'broken store' | 'found before'

export interface World {
  readonly stages: readonly Stage[]
  readonly fates: ReadonlyMap<string, Fate>
  readonly durations: ReadonlyMap<string, number>
  readonly limits: Limits
  readonly keepGoing: boolean
  /** Virtual time of a stop. */
  readonly stopAt: number
  /** Virtual times at which another run takes one slot, and gives it back. */
  readonly taken: readonly { readonly from: number; readonly until: number }[]
}

const fates: fc.Arbitrary<Fate> = fc.oneof(
  { weight: 200, arbitrary: fc.constant<Fate>('done') },
  { weight: 15, arbitrary: fc.constant<Fate>('shared') },
  { weight: 15, arbitrary: fc.constant<Fate>('found before') },
  { weight: 15, arbitrary: fc.constant<Fate>('fault') },
  { weight: 1, arbitrary: fc.constant<Fate>('broken store') },
)

export const worlds: fc.Arbitrary<World> = fc
  .record({
    rows: fc.array(
      fc.record({
        after: fc.array(fc.nat(), { maxLength: 3 }),
        slots: fc.nat({ max: 4 }),
        memory: fc.nat({ max: 12 }),
        cores: fc.integer({ min: 1, max: 4 }),
        duration: fc.integer({ min: 1, max: 20 }),
        fate: fates,
      }),
      { maxLength: 16, size: 'max' },
    ),
    limits: fc.record({
      slots: fc.integer({ min: 4, max: 6 }),
      jobs: fc.integer({ min: 1, max: 8 }),
      memory: fc.nat({ max: 20 }),
      cores: fc.integer({ min: 1, max: 8 }),
    }),
    keepGoing: fc.boolean(),
    stopAt: fc.oneof(
      { weight: 3, arbitrary: fc.constant(Number.POSITIVE_INFINITY) },
      { weight: 1, arbitrary: fc.nat({ max: 60 }) },
    ),
    taken: fc.array(fc.record({ from: fc.nat({ max: 40 }), length: fc.integer({ min: 1, max: 30 }) }), {
      maxLength: 2,
    }),
  })
  .map(({ rows, taken, ...rest }) => {
    const stages: Stage[] = []
    for (const [index, { after, slots, memory, cores }] of rows.entries()) {
      const inputs =
        index === 0 ? [] : [...new Set(after.map(from => from % index))].flatMap(from => stages[from] ?? [])
      stages.push({ ...plain(`t${index}`, inputs), needs: { slots, memory, cores } })
    }
    return {
      ...rest,
      stages,
      fates: new Map(rows.map(({ fate }, index) => [`t${index}`, fate])),
      durations: new Map(rows.map(({ duration }, index) => [`t${index}`, duration])),
      taken: taken.map(({ from, length }) => ({ from, until: from + length })),
    }
  })

/** Digests of keys would take most of the time, and nobody looks at them here. */
const template = stage('template', 'good')
export const plain = (id: string, inputs: readonly Stage[]): Stage => ({
  ...template,
  id,
  key: id,
  inputs: Object.fromEntries(inputs.map(input => [input.id, { stage: input.id }])),
})

export const resultOf = (id: string): Result => ({
  folder: id,
  manifest: { ...emptyManifest, key: id, id },
})
const emptyManifest = {
  kind: 'good',
  version: 1,
  metrics: {},
  summary: '',
  exhibits: [],
  engine: 'cpu',
  seconds: 1,
  warnings: [],
  files: {},
  digest: '',
}

interface Working {
  readonly stage: Stage
  readonly slots: readonly number[]
  readonly until: number
  readonly end: (end: StageEnd | Error) => void
}

const fault = { text: 'it failed', class: 'user', doing: '', lastLines: [], log: '' } as const

/** Time, and what happens at which moment. */
interface Clock {
  now: number
  working: Working[]
  /** Ready stages that wait for slots, by the moment they began to. */
  readonly waiting: Map<string, number>
}

export function endOf(fate: Fate | undefined, id: string): StageEnd | Error {
  switch (fate) {
    case 'fault':
      return { kind: 'fault', fault, peakMemory: 0 }
    case 'broken store':
      return new Error('The disk is full')
    default:
      return { kind: 'done', result: resultOf(id), peakMemory: 0, cached: fate === 'shared' }
  }
}

export interface Lived {
  readonly end: RunEnd | Error
  readonly events: readonly RunEvent[]
}

/** Lets everything that can happen at one moment happen. */
export const settle = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

export async function live(world: World): Promise<Lived> {
  const { stages, limits, durations } = world
  const clock: Clock = { now: 0, working: [], waiting: new Map() }
  const events: RunEvent[] = []
  const started = new Set<string>()
  const done = new Set(stages.flatMap(({ id }) => (world.fates.get(id) === 'found before' ? [id] : [])))
  const stop = new AbortController()
  const pool = createSlots(limits.slots)
  const foreign: { readonly slots: readonly number[]; readonly until: number }[] = []
  const changes: (() => void)[] = []
  const shared: SlotPool = {
    ...pool,
    others: { text: () => '', changed: () => new Promise(resolve => changes.push(resolve)) },
  }

  function check(): void {
    const held = [...clock.working, ...foreign].flatMap(one => one.slots)
    assert.is(new Set(held).size, held.length, 'a slot was given twice')
    assert.ok(held.every(slot => slot >= 0 && slot < limits.slots))
    assert.ok(clock.working.length <= limits.jobs, 'too many stages at a time')
    const sum = (need: (stage: Stage) => number): number =>
      clock.working.reduce((total, one) => total + need(one.stage), 0)
    const alone = clock.working.length === 1
    assert.ok(alone || sum(({ needs }) => needs.memory) <= limits.memory || clock.working.length === 0, 'memory')
    assert.ok(
      alone ||
        sum(({ needs }) => needs.cores ?? 1) <= (limits.cores ?? Number.POSITIVE_INFINITY) ||
        clock.working.length === 0,
      'cores',
    )
  }

  const executor: Executor = {
    placement: { kind: 'when-ready', limits, pool: shared },
    start(one, { slots, inputs }) {
      assert.not.ok(started.has(one.id), `${one.id} ran twice`)
      assert.not.ok(stop.signal.aborted, `${one.id} started after the stop`)
      assert.is(slots.length, one.needs.slots)
      for (const { stage: input } of Object.values(one.inputs)) assert.ok(done.has(input), `${one.id} before ${input}`)
      assert.equal(Object.keys(inputs), Object.keys(one.inputs))
      started.add(one.id)
      let finish: (end: StageEnd | Error) => void = () => undefined
      const ended = new Promise<StageEnd>((resolve, reject) => {
        finish = end => (end instanceof Error ? reject(end) : resolve(end))
      })
      clock.working.push({ stage: one, slots, until: clock.now + (durations.get(one.id) ?? 1), end: finish })
      check()
      return {
        ended,
        stop() {
          clock.working = clock.working.filter(working => working.stage !== one)
          finish({ kind: 'stopped' })
        },
      }
    },
  }

  let over = false
  const running = runPlan(planOf(stages), {
    run: 'simulated',
    executor,
    found: new Map([...done].map(id => [id, resultOf(id)])),
    forced: new Set(),
    keepGoing: world.keepGoing,
    onEvent: event => void events.push(event),
    signal: stop.signal,
  })
    .catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))))
    .finally(() => {
      over = true
    })

  const moments = (): readonly number[] => [
    ...clock.working.map(({ until }) => until),
    ...foreign.map(({ until }) => until),
    ...world.taken.flatMap(({ from }) => (from > clock.now ? [from] : [])),
    ...(stop.signal.aborted ? [] : [world.stopAt]),
  ]
  await settle()
  while (!over) {
    const next = Math.min(...moments())
    assert.ok(Number.isFinite(next), `the run hangs at ${clock.now}`)
    clock.now = next
    for (const one of clock.working.filter(({ until }) => until === next)) {
      clock.working = clock.working.filter(other => other !== one)
      const end = endOf(world.fates.get(one.stage.id), one.stage.id)
      if (!(end instanceof Error) && end.kind === 'done') done.add(one.stage.id)
      one.end(end)
    }
    for (const one of foreign.filter(({ until }) => until === next)) {
      foreign.splice(foreign.indexOf(one), 1)
      pool.give(one.slots)
    }
    for (const { from, until } of world.taken) {
      const slots = from === next ? pool.take(1) : undefined
      if (slots !== undefined) foreign.push({ slots, until })
    }
    if (next >= world.stopAt) stop.abort()
    for (const changed of changes.splice(0)) changed()
    await settle()
    check()
  }
  return { end: await running, events }
}

const endings = ['stage-done', 'stage-cached', 'stage-failed', 'stage-skipped'] as const

/** Every stage ends once, with a reason where it did not succeed, and nothing was skipped without need. */
export function judge(world: World, { end, events }: Lived): void {
  const ended = new Map<string, RunEvent>()
  for (const event of events) {
    const kind = endings.find(name => name === event.kind)
    if (kind === undefined || !('stage' in event)) continue
    assert.not.ok(ended.has(event.stage), `${event.stage} ended twice`)
    ended.set(event.stage, event)
    if (event.kind === 'stage-skipped') assert.ok(event.reason.length > 0)
    if (event.kind === 'stage-failed') assert.is(event.fault.text, 'it failed')
  }
  if (end instanceof Error) {
    assert.is(end.message, 'The disk is full')
    return
  }
  assert.is(ended.size, world.stages.length, 'a stage was lost')
  const succeeded = (id: string): boolean => ['stage-done', 'stage-cached'].includes(ended.get(id)?.kind ?? '')
  for (const { id } of world.stages) assert.is(end.results.has(id), succeeded(id))
  assert.is(
    end.outcome === 'done',
    world.stages.every(({ id }) => succeeded(id)),
  )
  const faults = events.some(({ kind }) => kind === 'stage-failed')
  if (world.stopAt !== Number.POSITIVE_INFINITY || (faults && !world.keepGoing)) return
  for (const { id, inputs } of world.stages) {
    const sound = Object.values(inputs).every(({ stage: input }) => succeeded(input))
    const found = world.fates.get(id) === 'found before'
    if (!found) assert.is(ended.get(id)?.kind === 'stage-skipped', !sound, `${id} was skipped without need, or not`)
  }
}
