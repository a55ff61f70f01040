/** The threads of a loader, and the batches that they make ahead. */
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { faultText } from '../../store/files.ts'
import { type BatchBuffer, batchStatus, bufferOf, releaseBatch } from './batch_ring.ts'
import type { LoaderMessage, LoaderThreadOptions } from './loader_messages.ts'

/** What a crew begins with. */
export type LoaderPoolOptions = Omit<LoaderThreadOptions, 'thread' | 'work'> & { readonly threads: number }

/** Work of all threads together. */
export interface PoolWork {
  readonly seconds: number
  readonly rows: number
}

export interface LoaderPool {
  /** Lets the threads make a batch, by its number in the ring; its draws stand in its place. */
  release(batch: number): void
  /** Waits for a batch. Throws what its first row that failed threw. */
  take(batch: number): Promise<BatchBuffer>
  work(): PoolWork
  end(): Promise<void>
}

/** Starts the threads. */
export function startLoaderPool({ threads, ...start }: LoaderPoolOptions): LoaderPool {
  const { ring } = start
  const work = new Float64Array(new SharedArrayBuffer(16 * threads))
  const faults: { readonly batch: number; readonly row: number; readonly fault: string }[] = []
  let failure: Error | undefined
  let isOver = false
  let wake = (): void => {}
  const fail = (error: Error): void => {
    if (isOver) return
    failure ??= error
    wake()
  }
  const workers = Array.from({ length: threads }, (_, thread) => {
    const workerData: LoaderThreadOptions = { ...start, work, thread }
    const worker = new Worker(join(import.meta.dirname, 'loader_thread.js'), { workerData })
    worker.on('message', (answer: LoaderMessage) => {
      if ('failed' in answer) faults.push({ batch: answer.failed, row: answer.row, fault: answer.fault })
      wake()
    })
    worker.on('error', cause => fail(new Error(`The loader failed: ${faultText(cause)}`, { cause })))
    worker.on('exit', code =>
      fail(new Error(`A thread of the loader ended with code ${code}; run again to go on from the last checkpoint`)),
    )
    return worker
  })

  /** Whether a batch and all that is to be said of it are there: the count of faults outruns their messages. */
  function isReported(batch: number): boolean {
    const { isMade, failed } = batchStatus(ring, batch)
    return isMade && faults.filter(fault => fault.batch === batch).length === failed
  }

  return {
    release(batch) {
      releaseBatch(ring, batch)
      for (const worker of workers) worker.postMessage(null)
    },
    async take(batch) {
      while (failure === undefined && !isReported(batch))
        await new Promise<void>(resolve => {
          wake = resolve
        })
      if (failure) throw failure
      const [first] = faults.filter(fault => fault.batch === batch).sort((a, b) => a.row - b.row)
      if (first) throw new Error(first.fault)
      return bufferOf(ring, batch)
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
