/** The worker threads of a loader. */
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { faultText } from '../../store/files.ts'
import { restoreFault, type ThreadFault } from '../thread_fault.ts'
import { type BatchBuffer, batchStatus, bufferOf, releaseBatch } from './batch_ring.ts'
import type { LoaderMessage, LoaderThreadOptions } from './loader_messages.ts'

/** Options of the threads, and how many there are. */
export type LoaderPoolOptions = Omit<LoaderThreadOptions, 'thread' | 'work'> & { readonly threads: number }

/** Total work of all threads. */
export interface PoolWork {
  readonly seconds: number
  readonly rows: number
}

/** Threads that fill a ring of batches. */
export interface LoaderPool {
  /** Releases a batch of the ring to the threads, after its buffer holds the drawn rows. */
  release(batch: number): void
  /** Waits for a batch. Throws the fault of its first row that failed. */
  take(batch: number): Promise<BatchBuffer>
  work(): PoolWork
  end(): Promise<void>
}

/** Starts the threads. */
export function startLoaderPool({ threads, ...start }: LoaderPoolOptions): LoaderPool {
  const { ring } = start
  const work = new Float64Array(new SharedArrayBuffer(16 * threads))
  const faults: { readonly batch: number; readonly row: number; readonly fault: ThreadFault }[] = []
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
      fail(
        new Error(
          `A thread of the loader ended with code ${code} and gave no reason; what it printed is in the log. The last checkpoint is kept`,
        ),
      ),
    )
    return worker
  })

  /** True if a batch is made and the messages of all its faults have arrived, which come later than their count. */
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
      if (first) throw restoreFault(first.fault)
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
