/** Messages of errors for lack of memory. */

/** Texts of V8, onnxruntime, CUDA, WebGPU, tfjs, Node and the operating system. */
const memoryTexts =
  /heap out of memory|bad_alloc|bad_array_new_length|failed to allocate memory|array buffer allocation failed|invalid (typed )?array length|cannot allocate memory|\bENOMEM\b|CUDA(_ERROR)?[ _:]*out[ _]of[ _]memory|cuda error.*\b2\b.*memory|cudaMalloc|(CUBLAS|CUDNN)_STATUS_ALLOC_FAILED|OUT_OF_(DEVICE|HOST)_MEMORY|GPUOutOfMemoryError|out[ -]of[ -]memory|OOM when allocating/i

/** Tests if a text says that memory ran out. */
export const isOutOfMemory = (text: string): boolean => memoryTexts.test(text)
