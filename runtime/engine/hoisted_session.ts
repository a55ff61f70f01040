/** A session that runs the hoisted model of a step only when an invariant input changes. */
import type { NdArray } from './array.ts'
import type { OnnxModel, StepModels } from './model.ts'
import { openSession, type Session, type SessionOptions } from './session.ts'

/** Results of the hoisted model, with the arrays that they were computed from. */
interface HoistedResults {
  readonly from: readonly (NdArray | undefined)[]
  readonly computed: Promise<{ readonly results: readonly NdArray[]; readonly free: () => Promise<void> }>
  /** Settles once no call uses the results. */
  inUse: Promise<unknown>
}

/** Runs a model once. Its session is closed when its results are freed: at once where they are on the host. */
async function compute(
  model: OnnxModel,
  arrays: readonly NdArray[],
  options: SessionOptions,
): Promise<Awaited<HoistedResults['computed']>> {
  const names = new Set(model.outputs.map(({ name }) => name))
  const session = await openSession(model, { ...options, stays: name => names.has(name) })
  const results = await session.run(arrays).catch(async (error: unknown) => {
    await session.dispose()
    throw error
  })
  const onDevice = results.flatMap(array => (array.location === 'device' ? [array] : []))
  if (onDevice.length > 0)
    return {
      results,
      free: () => {
        for (const array of onDevice) array.release()
        return session.dispose()
      },
    }
  await session.dispose()
  return { results, free: async () => {} }
}

const free = async ({ computed, inUse }: HoistedResults): Promise<void> => {
  await inUse
  await (await computed).free()
}

/** Opens the models of a step. The session runs the hoisted model again when one of the invariant arrays is another. */
export async function openHoistedSession({ main, hoisted }: StepModels, options: SessionOptions): Promise<Session> {
  const session = await openSession(main, options)
  if (hoisted === undefined) return session
  const taken = hoisted.inputs.flatMap(({ used }, i) => (used ? [i] : []))
  let current: HoistedResults | undefined
  const resultsFor = (arrays: readonly NdArray[]): HoistedResults => {
    if (current !== undefined && taken.every((i, k) => arrays[i] === current?.from[k])) return current
    // A failure is reported to the call that used the results.
    if (current !== undefined) free(current).catch(() => {})
    const made: HoistedResults = {
      from: taken.map(i => arrays[i]),
      computed: compute(hoisted, arrays, options),
      inUse: Promise.resolve(),
    }
    // A later call tries again.
    made.computed.catch(() => {
      if (current === made) current = undefined
    })
    current = made
    return made
  }
  return {
    run: arrays => {
      const hoisted = resultsFor(arrays)
      const outputs = hoisted.computed.then(({ results }) => session.run([...arrays, ...results]))
      // Without the outputs themselves, which would stay in memory as long as the hoisted results.
      hoisted.inUse = Promise.allSettled([hoisted.inUse, outputs]).then(() => undefined)
      return outputs
    },
    dispose: async () => {
      if (current !== undefined) await free(current).catch(() => {})
      current = undefined
      await session.dispose()
    },
  }
}
