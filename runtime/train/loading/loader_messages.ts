/** Messages between the loader and its threads. */
import type { PackedIndex } from '../../data/packed_index.ts'
import type { Augmentation } from '../augment.ts'
import type { ThreadFault } from '../thread_fault.ts'
import type { BatchRing } from './batch_ring.ts'
import type { PixelStore } from './pixel_store.ts'

/** Parameters by which a sample becomes a row of a batch. */
export interface RowSpec {
  readonly tokenizerFile: string
  readonly contextLength: number
  /** Side of the images of the model. */
  readonly imageSize: number
  /** Side of the stored images, from which crops are cut; at least `imageSize`. */
  readonly storedSize: number
  readonly augmentation: Augmentation
  readonly seed: number
  readonly name: string
}

/** Options of a thread; arrays are shared by all threads. */
export interface LoaderThreadOptions extends RowSpec {
  readonly parts: readonly { readonly index: PackedIndex; readonly pixels: PixelStore | undefined }[]
  readonly ring: BatchRing
  /** Number of the ring's first batch in the sequence of all. */
  readonly firstBatch: number
  /** Milliseconds of work and number of rows of each thread: [threads, 2]. */
  readonly work: Float64Array
  readonly thread: number
}

/** A thread reports the task that completed a batch, and each task that failed. Any message to a thread announces tasks. */
export type LoaderMessage =
  | { readonly made: number }
  | { readonly failed: number; readonly row: number; readonly fault: ThreadFault }
