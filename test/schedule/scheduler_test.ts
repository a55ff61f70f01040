import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { createScheduler, type Limits, type Scheduler, type Start } from '../../runtime/schedule/scheduler.ts'
import type { ScheduledTask } from '../../runtime/schedule/task_states.ts'

const task = (
  id: string,
  after: readonly string[] = [],
  more: Partial<ScheduledTask & { slots: number }> = {},
): ScheduledTask => ({
  id,
  after,
  needs: { slots: more.slots ?? 0, memory: 1 },
  cost: more.cost ?? 1,
})

const limits: Limits = { slots: 2, jobs: 4, memory: 100 }
const ids = (starts: readonly Start[]): string => starts.map(start => start.id).join(' ')

test('what the longest path hangs on starts first', () => {
  const tasks = [task('short'), task('long'), task('after-long', ['long'], { cost: 10 })]
  assert.is(ids(createScheduler(tasks, { ...limits, jobs: 1 }, { keepGoing: false }).start()), 'long')
})

test('a wide task that waits for slots keeps narrow ones from taking them; slotless ones go on', () => {
  const tasks = [
    task('narrow', [], { slots: 1, cost: 9 }),
    task('wide', [], { slots: 2, cost: 5 }),
    task('small', [], { slots: 1 }),
    task('data'),
  ]
  const scheduler = createScheduler(tasks, limits, { keepGoing: false })
  assert.is(ids(scheduler.start()), 'narrow data')
  scheduler.end('narrow', 'done')
  assert.equal(scheduler.start(), [{ id: 'wide', slots: [0, 1] }])
})

test('memory limits what runs together, and a task above the limit runs alone', () => {
  const heavy = (id: string, memory: number): ScheduledTask => ({ ...task(id), needs: { slots: 0, memory } })
  const scheduler = createScheduler([heavy('a', 60), heavy('b', 500), heavy('c', 1)], limits, { keepGoing: false })
  assert.is(ids(scheduler.start()), 'a')
  scheduler.end('a', 'done')
  assert.is(ids(scheduler.start()), 'b')
  scheduler.end('b', 'done')
  assert.is(ids(scheduler.start()), 'c')
})

test('a failure skips dependents, and the rest too unless told to keep going', () => {
  const tasks = [task('a'), task('b', ['a']), task('c', ['b']), task('d', [], { cost: 0.5 })]
  for (const keepGoing of [false, true]) {
    const scheduler = createScheduler(tasks, { ...limits, jobs: 1 }, { keepGoing })
    scheduler.start()
    const skipped = scheduler.end('a', 'failed').map(skip => `${skip.id}: ${skip.reason}`)
    const dependents = ['b: it needs "a", which failed', 'c: it needs "a", which failed']
    assert.equal(skipped, keepGoing ? dependents : [...dependents, 'd: the run ended early because "a" failed'])
    assert.is(ids(scheduler.start()), keepGoing ? 'd' : '')
  }
})

test('what can never run is refused at once', () => {
  const make = (tasks: readonly ScheduledTask[]) => () => createScheduler(tasks, limits, { keepGoing: false })
  assert.throws(make([task('a', [], { slots: 3 })]), /needs 3 slots, and this run has 2/)
  assert.throws(make([task('a', ['b']), task('b')]), /stands before a stage it needs/)
})

interface World {
  readonly tasks: readonly ScheduledTask[]
  readonly limits: Limits
  readonly keepGoing: boolean
  readonly fails: ReadonlySet<string>
  readonly durations: readonly number[]
  readonly haltAt: number
}

const worlds: fc.Arbitrary<World> = fc
  .record({
    rows: fc.array(
      fc.record({
        after: fc.array(fc.nat(), { maxLength: 4 }),
        slots: fc.nat({ max: 4 }),
        memory: fc.nat({ max: 12 }),
        duration: fc.integer({ min: 1, max: 20 }),
        fails: fc.integer({ min: 0, max: 19 }),
      }),
      { maxLength: 30, size: 'max' },
    ),
    limits: fc.record({
      slots: fc.integer({ min: 4, max: 6 }),
      jobs: fc.integer({ min: 1, max: 8 }),
      memory: fc.nat({ max: 20 }),
    }),
    keepGoing: fc.boolean(),
    haltAt: fc.oneof(fc.constant(Number.POSITIVE_INFINITY), fc.nat({ max: 60 })),
  })
  .map(({ rows, ...rest }) => ({
    ...rest,
    tasks: rows.map(({ after, slots, memory, duration }, index) => ({
      id: `t${index}`,
      after: index === 0 ? [] : after.map(from => `t${from % index}`),
      needs: { slots, memory },
      cost: duration,
    })),
    fails: new Set(rows.flatMap((row, index) => (row.fails === 0 ? [`t${index}`] : []))),
    durations: rows.map(row => row.duration),
  }))

interface Running extends Start {
  readonly until: number
}

/** Runs a world on a virtual clock and checks, at every step, what must always hold. */
function simulate({ tasks, limits, keepGoing, fails, durations, haltAt }: World): Scheduler {
  const scheduler = createScheduler(tasks, limits, { keepGoing })
  const started = new Set<string>()
  const done = new Set<string>()
  let running: readonly Running[] = []
  let clock = 0
  let halted = false
  const indexOf = (id: string): number => Number(id.slice(1))

  function launch(): void {
    for (const start of scheduler.start()) {
      const own = tasks[indexOf(start.id)]
      assert.not.ok(started.has(start.id), `${start.id} started twice`)
      assert.not.ok(halted, `${start.id} started after the halt`)
      assert.ok(
        own?.after.every(id => done.has(id)),
        `${start.id} started before its inputs`,
      )
      assert.is(start.slots.length, own?.needs.slots)
      started.add(start.id)
      running = [...running, { ...start, until: clock + (durations[indexOf(start.id)] ?? 0) }]
    }
    const held = running.flatMap(one => one.slots)
    assert.is(new Set(held).size, held.length, 'a slot was given twice')
    assert.ok(held.every(slot => slot >= 0 && slot < limits.slots))
    assert.ok(running.length <= limits.jobs)
    const memory = running.reduce((sum, one) => sum + (tasks[indexOf(one.id)]?.needs.memory ?? 0), 0)
    assert.ok(running.length === 1 || memory <= limits.memory || running.length === 0)
  }

  launch()
  while (running.length > 0) {
    const [first] = [...running].sort((a, b) => a.until - b.until)
    if (first === undefined) break
    clock = first.until
    if (clock >= haltAt && !halted) {
      halted = true
      scheduler.halt('the run was stopped')
    }
    running = running.filter(one => one !== first)
    const outcome = fails.has(first.id) ? 'failed' : 'done'
    if (outcome === 'done') done.add(first.id)
    scheduler.end(first.id, outcome)
    launch()
  }
  return scheduler
}

test('3,000 random runs: nothing early, no slot twice, every task ends with a reason', () => {
  fc.assert(
    fc.property(worlds, world => {
      const scheduler = simulate(world)
      for (const { id, after } of world.tasks) {
        const state = scheduler.state(id)
        assert.ok(['done', 'failed', 'skipped'].includes(state.kind), `${id} is ${state.kind}`)
        if (state.kind === 'skipped') assert.ok(state.reason.length > 0)
        const sound = after.every(input => scheduler.state(input).kind === 'done')
        const undisturbed = world.haltAt === Number.POSITIVE_INFINITY && (world.keepGoing || world.fails.size === 0)
        if (undisturbed) assert.is(state.kind === 'skipped', !sound, `${id} was skipped without need`)
      }
    }),
    { numRuns: 3000, seed: 11 },
  )
})

test.run()
