/** The threads of a loader, and the batches that they make ahead. */
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { faultText } from '../../store/files.ts'
import type { LoaderAnswer, LoaderStart } from './loader_calls.ts'
import { allowBatch, type Place, placeOf, standingOf } from './ring.ts'

/** What a crew begins with. */
export type CrewOptions = Omit<LoaderStart, 'thread' | 'work'> & { readonly threads: number }

/** Work of all threads together. */
export interface Work {
  readonly seconds: number
  readonly rows: number
}

export interface Crew {
  /** Lets the threads make a batch, by its number in the ring; its draws stand in its place. */
  allow(batch: number): void
  /** Waits for a batch. Throws what its first row that failed threw. */
  take(batch: number): Promise<Place>
  work(): Work
  end(): Promise<void>
}

/** Starts the threads. */
export function startCrew({ threads, ...start }: CrewOptions): Crew {
  const { ring } = start
  const work = new Float64Array(new SharedArrayBuffer(16 * threads))
  const faults: { readonly batch: number; readonly row: number; readonly fault: string }[] = []
  let lost: Error | undefined
  let isOver = false
  let wake = (): void => {}
  const lose = (error: Error): void => {
    if (isOver) return
    lost ??= error
    wake()
  }
  const workers = Array.from({ length: threads }, (_, thread) => {
    const workerData: LoaderStart = { ...start, work, thread }
    const worker = new Worker(join(import.meta.dirname, 'loader_thread.js'), { workerData })
    worker.on('message', (answer: LoaderAnswer) => {
      if ('failed' in answer) faults.push({ batch: answer.failed, row: answer.row, fault: answer.fault })
      wake()
    })
    worker.on('error', cause => lose(new Error(`The loader failed: ${faultText(cause)}`, { cause })))
    worker.on('exit', code =>
      lose(new Error(`A thread of the loader ended with code ${code}; run again to go on from the last checkpoint`)),
    )
    return worker
  })

  /** Whether a batch and all that is to be said of it are there: the count of faults outruns their messages. */
  function isTold(batch: number): boolean {
    const { isMade, failed } = standingOf(ring, batch)
    return isMade && faults.filter(fault => fault.batch === batch).length === failed
  }

  return {
    allow(batch) {
      allowBatch(ring, batch)
      for (const worker of workers) worker.postMessage(null)
    },
    async take(batch) {
      while (lost === undefined && !isTold(batch))
        await new Promise<void>(resolve => {
          wake = resolve
        })
      if (lost) throw lost
      const [first] = faults.filter(fault => fault.batch === batch).sort((a, b) => a.row - b.row)
      if (first) throw new Error(first.fault)
      return placeOf(ring, batch)
    },
    work: () => ({
      seconds: work.reduce((sum, value, i) => sum + (i % 2 === 0 ? value : 0), 0) / 1000,
      rows: work.reduce((sum, value, i) => sum + (i % 2 === 1 ? value : 0), 0),
    }),
    async end() {
      isOver = true
      await Promise.all(workers.map(worker => worker.terminate()))
    },
  }
}
