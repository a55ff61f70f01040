/**
 * A ring of batch buffers in memory that the loader and its threads share. A batch is made in tasks of a few rows each,
 * which threads take in order. Task `t` belongs to batch `floor(t / tasks)`, whose buffer is number `batch % buffers`.
 */

/** Sizes of a ring. */
export interface BatchRingShape {
  readonly batchSize: number
  /** Elements of an image. */
  readonly area: number
  readonly contextLength: number
  readonly buffers: number
}

/** Memory of one batch, filled by threads. */
export interface BatchBuffer {
  /** float32 [batch, area]. */
  readonly images: Float32Array
  /** int32 [batch, context]. */
  readonly tokens: Int32Array
  /** Dataset and row of each sample: [batch, 2]. */
  readonly draws: Int32Array
}

/** A ring of batch buffers. */
export interface BatchRing {
  readonly batchSize: number
  /** Rows of a task. */
  readonly taskRows: number
  /** Tasks of a batch. */
  readonly tasks: number
  /** Number of tasks taken and released, then for each buffer the number of tasks done and failed. */
  readonly control: Int32Array
  readonly buffers: readonly BatchBuffer[]
}

/** Rows of a task: few, so that all threads work on the next batch. */
const taskRows = 8

const [taken, released, perBuffer] = [0, 1, 2]

/** Creates an empty ring. */
export function createBatchRing({ batchSize, area, contextLength, buffers }: BatchRingShape): BatchRing {
  return {
    batchSize,
    taskRows,
    tasks: Math.ceil(batchSize / taskRows),
    control: new Int32Array(new SharedArrayBuffer(4 * (perBuffer + 2 * buffers))),
    buffers: Array.from({ length: buffers }, () => ({
      images: new Float32Array(new SharedArrayBuffer(4 * batchSize * area)),
      tokens: new Int32Array(new SharedArrayBuffer(4 * batchSize * contextLength)),
      draws: new Int32Array(new SharedArrayBuffer(8 * batchSize)),
    })),
  }
}

const doneAt = ({ buffers }: BatchRing, batch: number): number => perBuffer + 2 * (batch % buffers.length)

/** The buffer of a batch. */
export function bufferOf({ buffers }: BatchRing, batch: number): BatchBuffer {
  const buffer = buffers[batch % buffers.length]
  if (buffer === undefined) throw new Error('The ring of batches has no buffer')
  return buffer
}

/** Releases a batch to the threads, after its buffer holds the drawn rows. */
export function releaseBatch(ring: BatchRing, batch: number): void {
  Atomics.store(ring.control, doneAt(ring, batch), 0)
  Atomics.store(ring.control, doneAt(ring, batch) + 1, 0)
  Atomics.store(ring.control, released, (batch + 1) * ring.tasks)
}

/** Takes the next released task, or returns `undefined`. */
export function takeTask({ control }: BatchRing): number | undefined {
  for (;;) {
    const task = Atomics.load(control, taken)
    if (task >= Atomics.load(control, released)) return undefined
    if (Atomics.compareExchange(control, taken, task, task + 1) === task) return task
  }
}

/** A task: rows `from` to `to - 1` of a batch. */
export interface RingTask {
  readonly batch: number
  readonly from: number
  readonly to: number
}

/** The rows of a task by its number. */
export function taskOf({ tasks, batchSize, taskRows: rows }: BatchRing, task: number): RingTask {
  const from = (task % tasks) * rows
  return { batch: Math.floor(task / tasks), from, to: Math.min(batchSize, from + rows) }
}

/** Counts a task as done, and returns true if it completes its batch. */
export function finishTask(ring: BatchRing, { batch }: RingTask, { failed }: { readonly failed: boolean }): boolean {
  if (failed) Atomics.add(ring.control, doneAt(ring, batch) + 1, 1)
  return Atomics.add(ring.control, doneAt(ring, batch), 1) + 1 === ring.tasks
}

/** Status of a batch: whether all its tasks are done, and how many failed. */
export const batchStatus = (ring: BatchRing, batch: number): { readonly isMade: boolean; readonly failed: number } => ({
  isMade: Atomics.load(ring.control, doneAt(ring, batch)) === ring.tasks,
  failed: Atomics.load(ring.control, doneAt(ring, batch) + 1),
})
