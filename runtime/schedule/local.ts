/** Runs stages on this machine, in sandboxed worker processes. */
import { mkdir, rm, rmdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import type { Stage } from '../../dsl/compile/plan.ts'
import { DataFault } from '../../dsl/diagnostics/faults.ts'
import type { Owner, ProcessId } from '../store/process.ts'
import type { Store } from '../store/store.ts'
import type { WorkerEnd } from './attempt.ts'
import { describeFault } from './describe_fault.ts'
import { type StageEnd, type StageRequest, type StageRunner, storedInputs } from './executor.ts'
import { grantsOf } from './grants.ts'
import { watchInputs } from './input_changes.ts'
import type { Journal } from './journal.ts'
import { logFolder, logName } from './logs.ts'
import type { Job } from './protocol.ts'
import { withRetries } from './retry.ts'
import type { RunningWorker } from './start_worker.ts'
import { checkResult, damageText } from './verify.ts'
import { createWorkerPool, hasNoOpenFiles, type PooledWorker } from './worker_pool.ts'

/** Options of the local runner. */
export interface LocalOptions {
  readonly store: Store
  readonly journal: Journal
  /** Names the folder of logs. */
  readonly run: string
  /** Engine that stages are asked to use. */
  readonly engine: string
  /** Identity of the device of each slot, as `CUDA_VISIBLE_DEVICES` takes it; absent: slots stand for the CPU. */
  readonly devices?: readonly string[]
  /** Milliseconds after which a stage is ended. @default no limit */
  readonly timeout?: number
  /** Module the workers run. @default `worker.js` of this folder */
  readonly entry?: string
  /** Milliseconds a stage has to end once it is asked to. @default see `startWorker` */
  readonly grace?: number
}

/** A runner with idle processes that wait for stages. */
export interface LocalRunner extends StageRunner {
  /** Ends the processes; nothing may run any more. */
  close(): Promise<void>
}

/** Stages that take longer end their process: starting one is cheap beside them. Seconds. */
const shortStage = 2

/** Makes a runner whose stages are processes of this machine. */
export function localRunner(options: LocalOptions): LocalRunner {
  const { store, journal, run, engine, devices, timeout, entry, grace } = options
  const pool = createWorkerPool()
  const watch = watchInputs()
  const logOf = ({ id }: Stage): string => join(logFolder(store), run, logName(id))

  function environmentOf(slots: readonly number[]): Record<string, string> {
    const inherited = process.env.CUDA_VISIBLE_DEVICES
    if (devices === undefined) return inherited === undefined ? {} : { CUDA_VISIBLE_DEVICES: inherited }
    return { CUDA_VISIBLE_DEVICES: slots.map(slot => devices[slot] ?? '').join(',') }
  }

  function start(stage: Stage, request: StageRequest) {
    const stop = new AbortController()
    const { folders, digests } = storedInputs(request)
    const grants = grantsOf(stage)
    let working: RunningWorker | undefined
    /** Programs that a stage starts end only with its process. */
    const shareable = stage.needs.slots === 0 && grants.run.length === 0
    const inputs = [...Object.values(folders).map(({ folder }) => folder), request.previous ?? []].flat()

    /** A process for the stage. A shared one reaches the checkpoints by a link in its folder. */
    async function takeWorker(checkpoints: string): Promise<PooledWorker> {
      const record = (worker: ProcessId) =>
        journal.append({ kind: 'stage-started', stage: stage.id, key: stage.key, worker })
      const pooled = await pool.take(
        {
          sandbox: {
            readable: [...inputs, ...stage.externals.map(({ path }) => path), ...grants.read],
            writable: shareable ? [] : [checkpoints],
            net: grants.net,
            run: grants.run,
            env: grants.env,
          },
          environment: environmentOf(request.slots),
          onStart: record,
          ...(entry === undefined ? {} : { entry }),
        },
        () => store.stage(stage.key),
      )
      // The process itself is in the journal already, so this line need not be on the disk before the stage starts.
      recorded = pooled.worker.id && record(pooled.worker.id)
      recorded?.catch(() => undefined)
      return pooled
    }

    let attempts = 0
    let recorded: Promise<void> | undefined
    async function attempt(): Promise<StageEnd> {
      const damaged = await damagedInput()
      if (damaged !== undefined) return damaged
      attempts += 1
      const anew = request.replace && request.resumed !== true && attempts === 1
      const checkpoints = await store.checkpoints(stage.key, { anew })
      const pooled = await takeWorker(checkpoints)
      let reuse = false
      try {
        const job = await jobOf(pooled.folder, checkpoints)
        const began = performance.now()
        working = pooled.worker.run(job, {
          log: logOf(stage),
          memory: stage.needs.memory,
          onMessage: request.onReport,
          stay: shareable,
          ...(timeout === undefined ? {} : { timeout }),
          ...(grace === undefined ? {} : { grace }),
        })
        if (stop.signal.aborted) working.stop()
        const end = await working.ended
        if (end.kind !== 'result') return (await changedInput(end)) ?? end
        const seconds = (performance.now() - began) / 1000
        reuse = shareable && seconds < shortStage && (await hasNoOpenFiles(pooled.worker, job.out))
        // Nothing may write any more when the result is published.
        if (!reuse) await pooled.worker.end()
        await recorded
        const changed = await changedInput(end)
        reuse &&= changed === undefined
        return changed ?? (await publish(job, end, seconds))
      } finally {
        await pool.give(pooled, { reuse })
        // This fails, and the folder stays, if it has checkpoints for a later attempt.
        await rmdir(checkpoints).catch(() => undefined)
      }
    }

    /** The end of a stage of which an input in the store is damaged; that one is set aside, so that a run makes it anew. */
    async function damagedInput(): Promise<StageEnd | undefined> {
      const waitFor = (owner: Owner) => request.onReport({ kind: 'waiting', owner })
      for (const { stage: id, result } of Object.values(request.inputs)) {
        if (result === undefined) continue
        const { key } = result.manifest
        const found = await store.find(key)
        const damage =
          found === undefined || found.isTouched ? await checkResult(store, { id, key }, waitFor) : undefined
        if (damage !== undefined)
          return faultEnd(new DataFault(damageText(damage), { hint: 'run again, and it is made anew' }), 0)
      }
      return undefined
    }

    const faultEnd = (fault: DataFault, peakMemory: number): StageEnd => {
      const { transient } = fault
      const surroundings = { doing: 'comparing its inputs with the plan', lastLines: [], log: logOf(stage), transient }
      return { kind: 'fault', fault: { ...describeFault(fault), ...surroundings }, peakMemory }
    }

    /**
     * The end of a stage whose inputs outside the store are not as planned: what it has made, checkpoints included, is
     * dropped. One that was stopped still counts as stopped.
     */
    async function changedInput({ kind, peakMemory }: WorkerEnd): Promise<StageEnd | undefined> {
      const change = watch.findChange(stage.externals)
      if (change === undefined) return undefined
      await store.checkpoints(stage.key, { anew: true })
      return kind === 'stopped' ? undefined : faultEnd(change, peakMemory)
    }

    async function jobOf(folder: string, checkpoints: string): Promise<Job> {
      const { id, kind, params, settings } = stage
      const [out, link] = [join(folder, 'out'), join(folder, 'checkpoints')]
      await mkdir(out)
      await rm(link, { force: true })
      await symlink(checkpoints, link)
      return {
        id,
        kind,
        params,
        settings,
        inputs: folders,
        ...(request.previous !== undefined && { previous: request.previous }),
        files: stage.files,
        out,
        checkpoints: shareable ? link : checkpoints,
        engine,
      }
    }

    async function publish(
      { out }: Job,
      { result, warnings, peakMemory }: Extract<WorkerEnd, { kind: 'result' }>,
      seconds: number,
    ): Promise<StageEnd> {
      const { key, id, kind, version } = stage
      const outcome = { ...result, key, id, kind, version, engine, seconds, warnings, inputs: digests }
      const published = await store.publish(out, outcome, { replace: request.replace })
      return { kind: 'done', result: published, peakMemory, cached: false }
    }

    const ended = withRetries(attempt, {
      isTransient: end => end.kind === 'fault' && end.fault.transient === true,
      onRetry(end, wait, number) {
        const reason = end.kind === 'fault' ? end.fault.text : ''
        const text = `${reason}; attempt ${number} begins in ${(wait / 1000).toFixed(1)} s`
        request.onReport({ kind: 'warn', text })
      },
      signal: stop.signal,
    })
    return {
      ended,
      stop() {
        stop.abort()
        working?.stop()
      },
    }
  }
  return { start, close: pool.close }
}
