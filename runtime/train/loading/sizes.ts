/** Sizes of a loader: its stored images, its threads and its prefetched batches. */

/** Most bytes of prefetched batches. */
const prefetchBytes = 2 ** 29

/**
 * Side of the stored images, from which crops are cut: the smallest crop has the resolution of the model, except that the
 * side is at most twice that of the model. With `crop` of 0.9 or more, it is the side of the model.
 */
export const storedSizeFor = (imageSize: number, crop: number): number =>
  crop < 0.9 ? Math.min(2 * imageSize, Math.round(imageSize / Math.sqrt(crop))) : imageSize

/** Number of batch buffers: at least two, so that one batch is complete while the next is made. */
export const bufferCount = (batchBytes: number, threads: number): number =>
  Math.max(2, Math.min(threads + 2, Math.floor(prefetchBytes / batchBytes)))

/** Number of threads by default: half of the cores, at least 1 and at most 8. */
export const threadCount = (cores: number): number => Math.max(1, Math.min(8, cores >> 1))
