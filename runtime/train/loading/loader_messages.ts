/** What the loader and its threads say to each other. */
import type { PackedIndex } from '../../data/packed_index.ts'
import type { Augmentation } from '../augment.ts'
import type { BatchRing } from './batch_ring.ts'
import type { PixelStore } from './pixel_store.ts'

/** How samples become rows of a batch. */
export interface RowSpec {
  readonly tokenizerFile: string
  readonly contextLength: number
  /** Side of the images that the model takes. */
  readonly imageSize: number
  /** Side at which images are held and cropped from; at least `imageSize`. */
  readonly storedSize: number
  readonly augmentation: Augmentation
  readonly seed: number
  readonly name: string
}

/** What a thread begins with; most of it is memory that all share. */
export interface LoaderThreadOptions extends RowSpec {
  readonly parts: readonly { readonly index: PackedIndex; readonly pixels: PixelStore | undefined }[]
  readonly ring: BatchRing
  /** Number of the ring's first batch in the sequence of all. */
  readonly firstBatch: number
  /** Milliseconds that each thread worked, and rows that it made: [threads, 2]. */
  readonly work: Float64Array
  readonly thread: number
}

/** A thread tells of the task that made a batch whole, and of each that failed; it is told that there are tasks. */
export type LoaderMessage =
  | { readonly made: number }
  | { readonly failed: number; readonly row: number; readonly fault: string }
