/** Runs a step of which a part is computed only when inputs that seldom change do. */
import type { NdArray } from './array.ts'
import type { Models } from './model.ts'
import { openSession, type Session, type SessionOptions } from './session.ts'

/** What was computed of fixed inputs. */
interface Held {
  readonly of: readonly (NdArray | undefined)[]
  readonly results: Promise<readonly NdArray[]>
  /** Settled once no call uses the results. */
  used: Promise<unknown>
}

async function free({ results, used }: Held): Promise<void> {
  await used
  for (const array of await results) if (array.location === 'device') array.release()
}

/** Compiles the models of a step. The session computes what is fixed anew where one of the fixed arrays is another. */
export async function openHolding({ main, fixed }: Models, options: SessionOptions): Promise<Session> {
  const rest = await openSession(main, options)
  if (fixed === undefined) return rest
  const names = new Set(fixed.outputs.map(({ name }) => name))
  const first = await openSession(fixed, { ...options, stays: name => names.has(name) })
  const taken = fixed.inputs.flatMap(({ used }, i) => (used ? [i] : []))
  let held: Held | undefined
  const heldFor = (arrays: readonly NdArray[]): Held => {
    if (held !== undefined && taken.every((i, k) => arrays[i] === held?.of[k])) return held
    const before = held
    held = { of: taken.map(i => arrays[i]), results: first.run(arrays), used: Promise.resolve() }
    // What failed was said to the call that needed it.
    if (before !== undefined) free(before).catch(() => {})
    return held
  }
  return {
    run: arrays => {
      const now = heldFor(arrays)
      const outputs = now.results.then(results => rest.run([...arrays, ...results]))
      // Without their values, which would live as long as what is held.
      now.used = Promise.allSettled([now.used, outputs]).then(() => undefined)
      return outputs
    },
    dispose: async () => {
      if (held !== undefined) await free(held).catch(() => {})
      held = undefined
      await rest.dispose()
      await first.dispose()
    },
  }
}
