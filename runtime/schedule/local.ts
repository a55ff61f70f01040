/** Runs stages on this machine: a sandboxed worker process for each. */
import { rm, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import type { Stage } from '../../dsl/compile/plan.ts'
import type { Store } from '../store/store.ts'
import type { Executor, StageEnd, StageOrder } from './executor.ts'
import type { Journal } from './journal.ts'
import { logFolder, logName } from './logs.ts'
import type { Job } from './protocol.ts'
import { type RunningWorker, startWorker, type WorkerEnd } from './start_worker.ts'

/** What the local executor works with. */
export interface LocalOptions {
  readonly store: Store
  readonly journal: Journal
  /** Names the folder of logs. */
  readonly run: string
  /** Engine that stages are asked to use. */
  readonly engine: string
  /** Module the workers run. @default `worker.js` of this folder */
  readonly entry?: string
  /** Milliseconds a stage has to end once it is asked to. @default see `startWorker` */
  readonly grace?: number
}

/** Makes an executor whose stages are processes of this machine. */
export function localExecutor({ store, journal, run, engine, entry, grace }: LocalOptions): Executor {
  async function jobOf(stage: Stage, order: StageOrder): Promise<Job> {
    const { id, kind, params, settings } = stage
    const externals = Object.fromEntries(stage.externals.map(external => [external.name, external.path]))
    const checkpoints = await store.checkpoints(stage.key, { anew: order.replace && order.resumed !== true })
    const out = await store.stage(stage.key)
    return { id, kind, params, settings, inputs: order.inputs, externals, out, checkpoints, engine }
  }

  function start(stage: Stage, order: StageOrder) {
    let worker: RunningWorker | undefined
    let stopped = false

    async function work(): Promise<StageEnd> {
      const job = await jobOf(stage, order)
      const began = performance.now()
      worker = startWorker(job, {
        sandbox: {
          readable: [...Object.values(job.inputs).map(input => input.folder), ...Object.values(job.externals)],
          writable: [job.out, job.checkpoints],
        },
        log: join(logFolder(store), run, logName(stage.id)),
        memory: stage.needs.memory,
        onStart: started => journal.append({ kind: 'stage-started', stage: stage.id, key: stage.key, worker: started }),
        onMessage: order.onMessage,
        ...(entry === undefined ? {} : { entry }),
        ...(grace === undefined ? {} : { grace }),
      })
      if (stopped) worker.stop()
      const end = await worker.ended
      if (end.kind !== 'result') {
        await rm(job.out, { recursive: true, force: true })
        // Nothing was kept for a later attempt where this succeeds.
        await rmdir(job.checkpoints).catch(() => undefined)
        return end
      }
      return publish(stage, { job, end, seconds: (performance.now() - began) / 1000, replace: order.replace })
    }

    async function publish(
      { key, id, kind, version }: Stage,
      done: {
        readonly job: Job
        readonly end: Extract<WorkerEnd, { kind: 'result' }>
        readonly seconds: number
        readonly replace: boolean
      },
    ): Promise<StageEnd> {
      const { end, seconds, replace } = done
      const { metrics, summary, exhibits } = end.result
      const outcome = { key, id, kind, version, metrics, summary, exhibits, engine, seconds, warnings: end.warnings }
      const result = await store.publish(done.job.out, outcome, { replace })
      return { kind: 'done', result, peakMemory: end.peakMemory, cached: false }
    }

    return {
      ended: work(),
      stop() {
        stopped = true
        worker?.stop()
      },
    }
  }
  return { start }
}
