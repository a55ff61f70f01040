/** Arrays that go in and out of a compiled step. */

import { type Elements, sizeOf, type TensorType } from './graph/types.ts'

/** Elements in this process's memory. */
export interface HostArray extends TensorType {
  readonly location: 'host'
  readonly data: Elements
}

/** Elements that stay in the memory of a device between steps. */
export interface DeviceArray extends TensorType {
  readonly location: 'device'
  /** The engine's own handle. */
  readonly handle: unknown
  /** Copies the elements to the host. */
  readonly read: () => Promise<HostArray>
  /** Frees the device's memory; the array must not be used afterwards. */
  readonly release: () => void
}

/** An array in the memory of this process or of a device. */
export type NdArray = HostArray | DeviceArray

/** Tests if a value is an array. */
export const isNdArray = (value: unknown): value is NdArray =>
  typeof value === 'object' && value !== null && 'location' in value && 'shape' in value && 'dtype' in value

/** An array over elements that are not copied; throws where their number is not that of the shape. */
export function hostArray(data: Elements, { shape, dtype }: TensorType): HostArray {
  if (data.length !== sizeOf(shape))
    throw new Error(`An array of shape [${shape}] needs ${sizeOf(shape)} elements, not ${data.length}`)
  return { location: 'host', data, shape, dtype }
}

/** A float32 array over `data`. */
export const floats = (data: Float32Array, shape: readonly number[] = [data.length]): HostArray =>
  hostArray(data, { shape, dtype: 'float32' })

/** An int32 array over `data`. */
export const ints = (data: Int32Array, shape: readonly number[] = [data.length]): HostArray =>
  hostArray(data, { shape, dtype: 'int32' })

/** A float32 array of rank 0. */
export const scalarOf = (value: number): HostArray => floats(Float32Array.of(value), [])

/** The elements on the host, copied from a device where they are on one. */
export const toHost = async (array: NdArray): Promise<HostArray> => (array.location === 'host' ? array : array.read())

/** The float32 elements of an array on the host; throws where it is elsewhere or of another dtype. */
export function floatsOf(array: NdArray): Float32Array {
  if (array.location === 'host' && array.data instanceof Float32Array) return array.data
  throw new Error(`A ${array.dtype} array on the ${array.location} was read as float32 on the host`)
}
