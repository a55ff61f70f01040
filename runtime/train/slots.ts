/**
 * Data-parallel training: a thread with a replica for each slot. Each embeds its rows of a batch and receives the embeddings
 * of all rows, so that the contrastive loss is that of the whole batch. Gradients are summed in shared memory, and every
 * replica applies the same update.
 */
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { UserFault } from '../../dsl/diagnostics/faults.ts'
import { hostArray } from '../engine/mod.ts'
import type { HostArrays } from '../model/safetensors.ts'
import { faultText } from '../store/files.ts'
import { addScalars, joinLosses, type StepNumber, sliceRows, stackRows } from './replica.ts'
import type { SlotAnswer, SlotCall, SlotCalls, SlotThreadOptions } from './slot_messages.ts'
import { pathsOf, type TrainingState } from './state.ts'
import type { StepMeasurements, Stepper, StepperOptions } from './stepper_types.ts'
import { restoreFault } from './thread_fault.ts'

type SlotsOptions = StepperOptions & { readonly slots: number; readonly microBatch: number }

/** The running thread of a slot. */
interface SlotThread {
  call<K extends keyof SlotCalls>(call: K, ask: SlotCalls[K]['ask']): Promise<SlotCalls[K]['answer']>
  end(): Promise<void>
}

/** Starts a thread. A call rejects if the thread fails or ends. */
function startSlot(start: SlotThreadOptions): SlotThread {
  const worker = new Worker(join(import.meta.dirname, 'slot_thread.js'), { workerData: start })
  const name = `Slot ${start.slot + 1} of ${start.slots}`
  let ended: Error | undefined
  let pending: { readonly resolve: (answer: SlotAnswer) => void; readonly reject: (error: Error) => void } | undefined
  const fail = (error: Error): void => {
    ended ??= error
    pending?.reject(ended)
  }
  worker.on('message', (answer: SlotAnswer) => pending?.resolve(answer))
  worker.on('error', cause => fail(new Error(`${name} failed: ${faultText(cause)}`, { cause })))
  worker.on('exit', code =>
    fail(
      new Error(
        `${name} ended with code ${code} in the middle of training and gave no reason; what it printed is in the log. The last checkpoint is kept`,
      ),
    ),
  )
  const send = (message: SlotCall): Promise<SlotAnswer> =>
    new Promise((resolve, reject) => {
      if (ended) return reject(ended)
      pending = { resolve, reject }
      worker.postMessage(message)
    })
  return {
    async call(call, ask) {
      const given = await send({ call, ask } as SlotCall)
      if ('fault' in given) throw restoreFault(given.fault, `${name} failed: `)
      return given.answer as SlotCalls[typeof call]['answer']
    },
    async end() {
      await worker.terminate()
    },
  }
}

/** Starts the slots; throws if the engine cannot be used from several threads. */
export async function openSlotStepper(state: TrainingState, options: SlotsOptions): Promise<Stepper> {
  const { engine, objective, optimizer, contrast, slots, microBatch, constants, batchSize } = options
  if (engine.eager !== undefined)
    throw new UserFault(`The engine '${engine.name}' trains on one slot`, {
      place: 'slots',
      hint: 'use cpu, webgpu or cuda, or set slots to 1',
    })
  const parameters = Object.values(state.weights).reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0)
  const shared = new SharedArrayBuffer(4 * (slots + 1) * parameters)
  const threads = Math.max(1, Math.floor(engine.threads / slots))
  const all = Array.from({ length: slots }, (_, slot) =>
    startSlot({
      engine: { ...engine, threads, device: slot },
      objective,
      optimizer,
      contrast,
      microBatch,
      constants,
      state: pathsOf(state),
      slot,
      slots,
      shared,
    }),
  )
  const [first] = all
  if (first === undefined) throw new Error('Training needs a slot')
  const rowsPerSlot = batchSize / slots

  async function step(batch: HostArrays, at: StepNumber): Promise<StepMeasurements> {
    const embedded = await Promise.all(
      all.map((slot, i) => slot.call('embed', copyRows(batch, i * rowsPerSlot, rowsPerSlot))),
    )
    const request = {
      images: stackRows(embedded.map(({ images }) => images)),
      texts: stackRows(embedded.map(({ texts }) => texts)),
      totals: addScalars(embedded.map(({ counts }) => counts)),
    }
    const found = await Promise.all(
      all.map((slot, i) => slot.call('backward', { ...request, offset: i * rowsPerSlot })),
    )
    await Promise.all(all.map(slot => slot.call('reduce', null)))
    const [updated] = await Promise.all(all.map(slot => slot.call('update', at)))
    if (updated === undefined) throw new Error('Training needs a slot')
    return { losses: joinLosses(found, request.totals), ...updated }
  }

  return {
    step,
    state: () => first.call('state', null),
    dispose: async () => {
      await Promise.all(all.map(slot => slot.end()))
    },
  }
}

/** Copies rows, because a message clones the whole buffer under a view. */
const copyRows = (batch: HostArrays, from: number, count: number): HostArrays =>
  Object.fromEntries(
    Object.entries(sliceRows(batch, from, count)).map(([name, { data, ...type }]) => [
      name,
      hostArray(data.slice(), type),
    ]),
  )
