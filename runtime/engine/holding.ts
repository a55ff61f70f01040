/** Runs a step of which a part is computed only when inputs that seldom change do. */
import type { NdArray } from './array.ts'
import type { Model, Models } from './model.ts'
import { openSession, type Session, type SessionOptions } from './session.ts'

/** What was computed of fixed inputs. */
interface Held {
  readonly of: readonly (NdArray | undefined)[]
  readonly computed: Promise<{ readonly results: readonly NdArray[]; readonly free: () => Promise<void> }>
  /** Settled once no call uses the results. */
  used: Promise<unknown>
}

/** Runs a model once. Its session goes with its results: at once where they are on the host. */
async function compute(
  model: Model,
  arrays: readonly NdArray[],
  options: SessionOptions,
): Promise<Awaited<Held['computed']>> {
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

const free = async ({ computed, used }: Held): Promise<void> => {
  await used
  await (await computed).free()
}

/** Compiles the models of a step. The session computes what is fixed anew where one of the fixed arrays is another. */
export async function openHolding({ main, fixed }: Models, options: SessionOptions): Promise<Session> {
  const rest = await openSession(main, options)
  if (fixed === undefined) return rest
  const taken = fixed.inputs.flatMap(({ used }, i) => (used ? [i] : []))
  let held: Held | undefined
  const heldFor = (arrays: readonly NdArray[]): Held => {
    if (held !== undefined && taken.every((i, k) => arrays[i] === held?.of[k])) return held
    // What failed was said to the call that needed it.
    if (held !== undefined) free(held).catch(() => {})
    const made = { of: taken.map(i => arrays[i]), computed: compute(fixed, arrays, options), used: Promise.resolve() }
    // A later call tries again.
    made.computed.catch(() => {
      if (held === made) held = undefined
    })
    held = made
    return made
  }
  return {
    run: arrays => {
      const now = heldFor(arrays)
      const outputs = now.computed.then(({ results }) => rest.run([...arrays, ...results]))
      // Without their values, which would live as long as what is held.
      now.used = Promise.allSettled([now.used, outputs]).then(() => undefined)
      return outputs
    },
    dispose: async () => {
      if (held !== undefined) await free(held).catch(() => {})
      held = undefined
      await rest.dispose()
    },
  }
}
