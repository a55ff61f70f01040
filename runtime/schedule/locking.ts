/** Lets only one process at a time make a result: several runs on one store do no stage twice. */
import type { Stage } from '../../dsl/compile/plan.ts'
import { acquireLock } from '../store/locks.ts'
import { isMadeFrom } from '../store/manifest.ts'
import type { Store } from '../store/store.ts'
import type { Executor, RunningStage, StageEnd, StageRequest } from './executor.ts'
import { recover } from './recover.ts'

/**
 * An executor that starts a stage only with the claim to its key. Where a living run holds it, the stage waits and
 * takes that run's result; where the run died, its workers are ended first.
 */
export function lockingExecutor(executor: Executor, store: Store): Executor {
  function start(stage: Stage, order: StageRequest): RunningStage {
    const stop = new AbortController()

    async function work(): Promise<StageEnd> {
      const shared = order.replace ? undefined : await store.find(stage.key)
      const isCurrent = shared !== undefined && isMadeFrom(shared.manifest, order.digests)
      if (isCurrent) return { kind: 'done', result: shared, peakMemory: 0, cached: true }
      const running = executor.start(stage, shared === undefined ? order : { ...order, replace: true })
      if (stop.signal.aborted) running.stop()
      stop.signal.addEventListener('abort', () => running.stop(), { once: true })
      return running.ended
    }

    async function claimAndWork(): Promise<StageEnd> {
      const claim = await acquireLock(store.folder, stage.key, {
        signal: stop.signal,
        onWait: order.onWait,
        onTakeover: () => recover(store),
      })
      if (claim === undefined) return { kind: 'stopped' }
      try {
        return await work()
      } finally {
        await claim.release()
      }
    }
    return { ended: claimAndWork(), stop: () => stop.abort() }
  }
  return { start }
}
