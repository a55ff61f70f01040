/** Reuses the processes of short stages for others with the same grants: starting one takes longer than such a stage. */
import { readdir, readlink, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { openWorker, type Worker, type WorkerOptions } from './start_worker.ts'

/** A worker and the folder that it may write. */
export interface PooledWorker {
  readonly worker: Worker
  readonly folder: string
}

/** A pool of idle workers by their grants. */
export interface WorkerPool {
  /** An idle worker with exactly these grants, else a new one in the folder that `makeFolder` makes. */
  take(options: Omit<WorkerOptions, 'folder'>, makeFolder: () => Promise<string>): Promise<PooledWorker>
  /** Takes a worker back, to be used again or ended with its folder. */
  give(pooled: PooledWorker, options: { readonly reuse: boolean }): Promise<void>
  /** Ends the idle workers. */
  close(): Promise<void>
}

/** Idle processes at most; the one that is idle longest is ended first. */
const mostFree = 8

/** An empty pool. */
export function createWorkerPool(): WorkerPool {
  const free: PooledWorker[] = []
  const grants = new WeakMap<PooledWorker, string>()

  async function end(pooled: PooledWorker): Promise<void> {
    await pooled.worker.end()
    await rm(pooled.folder, { recursive: true, force: true })
  }

  return {
    async take(options, makeFolder) {
      const { sandbox, environment, entry } = options
      const wanted = JSON.stringify([sandbox, environment, entry])
      const index = free.findLastIndex(pooled => grants.get(pooled) === wanted && pooled.worker.isFree())
      const [found] = index === -1 ? [] : free.splice(index, 1)
      if (found !== undefined) return found
      const folder = await makeFolder()
      const writable = [folder, ...sandbox.writable]
      const opened = { worker: openWorker({ ...options, folder, sandbox: { ...sandbox, writable } }), folder }
      grants.set(opened, wanted)
      return opened
    },
    async give(pooled, { reuse }) {
      if (!reuse || !pooled.worker.isFree()) return end(pooled)
      free.push(pooled)
      const oldest = free.length > mostFree ? free.shift() : undefined
      if (oldest !== undefined) await end(oldest)
    },
    close: async () => void (await Promise.all(free.splice(0).map(end))),
  }
}

/** True if a worker has no file of a folder open; false also if that cannot be found out. */
export async function hasNoOpenFiles({ id }: Worker, folder: string): Promise<boolean> {
  const pid = id?.pid
  const descriptors = await readdir(`/proc/${pid}/fd`).catch(() => undefined)
  if (descriptors === undefined) return false
  const files = await Promise.all(descriptors.map(name => readlink(join(`/proc/${pid}/fd`, name)).catch(() => '')))
  return !files.some(file => file.startsWith(folder))
}
