/** Whole runs on a virtual clock, handed out ahead of their inputs. */
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Stage } from '../../dsl/compile/plan.ts'
import type { RunEvent } from '../../runtime/schedule/events.ts'
import type { Executor, StageEnd, StageRequest } from '../../runtime/schedule/executor.ts'
import { runPlan } from '../../runtime/schedule/run_plan.ts'
import { endOf, judge, type Lived, resultOf, settle, type World, worlds } from './simulation.ts'
import { planOf } from './support.ts'

/** An executor ahead of inputs, as a cluster's queue: it orders the stages itself, and puts some back into the queue. */
async function liveAhead({ stages, fates: fateOf, durations, limits, keepGoing, stopAt }: World): Promise<Lived> {
  const events: RunEvent[] = []
  const done = new Set(stages.flatMap(({ id }) => (fateOf.get(id) === 'found before' ? [id] : [])))
  const stop = new AbortController()
  interface Job {
    readonly stage: Stage
    readonly request: StageRequest
    readonly end: (end: StageEnd | Error) => void
    until?: number
    isRequeued?: true
  }
  const jobs = new Map<string, Job>()
  let now = 0
  let isOver = false
  const executor: Executor = {
    placement: { kind: 'ahead' },
    start(one, request) {
      assert.not.ok(jobs.has(one.id), `${one.id} was handed out twice`)
      assert.not.ok(stop.signal.aborted, `${one.id} was handed out after the stop`)
      let end: Job['end'] = () => undefined
      const ended = new Promise<StageEnd>((resolve, reject) => {
        end = value => (value instanceof Error ? reject(value) : resolve(value))
      })
      jobs.set(one.id, { stage: one, request, end })
      return {
        ended,
        stop() {
          if (jobs.delete(one.id)) end({ kind: 'left', job: one.id })
        },
        withdraw() {
          assert.ok(jobs.delete(one.id), `${one.id} was withdrawn after its end`)
          end({ kind: 'stopped' })
        },
      }
    },
  }
  /** Starts what is ready, at most as many as there are nodes. */
  function begin(): void {
    for (const job of jobs.values()) {
      const running = [...jobs.values()].filter(({ until }) => until !== undefined).length
      if (running >= limits.jobs) return
      const ready = Object.values(job.stage.inputs).every(({ stage: input }) => done.has(input))
      if (job.until !== undefined || !ready) continue
      job.until = now + (durations.get(job.stage.id) ?? 1)
      job.request.onReport({ kind: 'started', slots: [] })
    }
  }
  const running = runPlan(planOf(stages), {
    run: 'simulated',
    executor,
    found: new Map([...done].map(id => [id, resultOf(id)])),
    forced: new Set(),
    keepGoing,
    onEvent: event => void events.push(event),
    signal: stop.signal,
  })
    .catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))))
    .finally(() => {
      isOver = true
    })
  await settle()
  while (!isOver) {
    begin()
    const moments = [...jobs.values()].flatMap(({ until }) => until ?? [])
    const next = Math.min(...moments, stop.signal.aborted ? Number.POSITIVE_INFINITY : stopAt)
    assert.ok(Number.isFinite(next), `the run hangs at ${now}`)
    now = next
    for (const [id, job] of [...jobs]) {
      // A withdrawal of the same moment comes first.
      if (!jobs.has(id) || job.until !== next) continue
      if (fateOf.get(id) === 'shared' && !job.isRequeued) {
        job.isRequeued = true
        delete job.until
        job.request.onReport({ kind: 'queued', job: id, text: 'its node was lost' })
        continue
      }
      jobs.delete(id)
      const end = endOf(fateOf.get(id), id)
      if (!(end instanceof Error) && end.kind === 'done') done.add(id)
      job.end(end)
      await settle()
    }
    if (next >= stopAt) stop.abort()
    await settle()
  }
  const end = await running
  assert.is(jobs.size, 0, 'a job was forgotten')
  const goesOn = events.flatMap(event =>
    event.kind === 'stage-skipped' && event.reason === `job ${event.stage} goes on under Slurm` ? [event.stage] : [],
  )
  if (!(end instanceof Error)) assert.equal(end.jobsLeft, goesOn)
  return { end, events }
}

test('2,000 random runs ahead of inputs: the same ends, reasons and outcomes as with slots', async () => {
  await fc.assert(
    fc.asyncProperty(worlds, async world => judge(world, await liveAhead(world))),
    { numRuns: 2000, seed: 7 },
  )
})

test.run()
