/** Lets only one process at a time make a result: several runs on one store do no stage twice. */
import type { Stage } from '../../dsl/compile/plan.ts'
import { acquireLock } from '../store/locks.ts'
import { isMadeFrom } from '../store/manifest.ts'
import type { Store } from '../store/store.ts'
import { type RunningStage, type StageEnd, type StageRequest, type StageRunner, storedInputs } from './executor.ts'
import { recover } from './recover.ts'

/**
 * A runner that starts a stage only with the lock of its key. While a living run owns the lock, the stage waits and takes
 * that run's result; if that run died, its workers are ended first.
 */
export function lockingRunner(runner: StageRunner, store: Store): StageRunner {
  function start(stage: Stage, request: StageRequest): RunningStage {
    const stop = new AbortController()

    async function work(): Promise<StageEnd> {
      const shared = request.replace ? undefined : await store.find(stage.key)
      const isCurrent = shared !== undefined && isMadeFrom(shared.manifest, storedInputs(request).digests)
      if (isCurrent) return { kind: 'done', result: shared, peakMemory: 0, cached: true }
      const running = runner.start(stage, shared === undefined ? request : { ...request, replace: true })
      if (stop.signal.aborted) running.stop()
      stop.signal.addEventListener('abort', () => running.stop(), { once: true })
      return running.ended
    }

    async function lockAndWork(): Promise<StageEnd> {
      const lock = await acquireLock(store.folder, stage.key, {
        signal: stop.signal,
        onWait: owner => request.onReport({ kind: 'waiting', owner }),
        onTakeover: () => recover(store),
      })
      if (lock === undefined) return { kind: 'stopped' }
      try {
        return await work()
      } finally {
        await lock.release()
      }
    }
    return { ended: lockAndWork(), stop: () => stop.abort() }
  }
  return { start }
}
