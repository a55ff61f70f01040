/** The thread of a slot: a replica that computes its rows of each batch and its range of the sum of gradients. */
import { parentPort, workerData } from 'node:worker_threads'
import { floats, floatsOf, type HostArray } from '../engine/mod.ts'
import type { HostArrays } from '../model/safetensors.ts'
import { loadObjective } from './objective.ts'
import { createReplica } from './replica.ts'
import type { SlotAnswer, SlotCall, SlotCalls, SlotThreadOptions } from './slot_messages.ts'
import { stateOf } from './state.ts'
import { describeFault } from './thread_fault.ts'

const start: SlotThreadOptions = workerData
const { slot, slots, shared } = start
const state = stateOf(start.state)
const replica = createReplica(state, { ...start, objective: await loadObjective(start.objective) })

const parameters = Object.entries(state.weights).map(([name, { shape }]) => ({
  name,
  shape,
  size: shape.reduce((a, b) => a * b, 1),
}))
const total = parameters.reduce((sum, { size }) => sum + size, 0)
/** The gradients of slot `i`; region number `slots` is their sum. */
const region = (i: number): Float32Array => new Float32Array(shared, 4 * i * total, total)

let rows: HostArrays = {}

/** Writes gradients one after the other to the region of the slot. */
function writeGradients(gradients: HostArrays): void {
  const own = region(slot)
  let at = 0
  for (const { name, size } of parameters) {
    const gradient: HostArray | undefined = gradients[name]
    if (gradient === undefined) throw new Error(`The gradient of '${name}' is missing`)
    own.set(floatsOf(gradient), at)
    at += size
  }
}

/** Sums the range of the slot. The order of additions does not depend on which slot is ready first. */
function reduce(): void {
  const [from, to] = [Math.floor((total * slot) / slots), Math.floor((total * (slot + 1)) / slots)]
  const sum = region(slots).subarray(from, to)
  sum.set(region(0).subarray(from, to))
  for (let other = 1; other < slots; other++) {
    const addend = region(other).subarray(from, to)
    for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] ?? 0) + (addend[i] ?? 0)
  }
}

/** The summed gradients, copied from the shared memory. */
function readSum(): HostArrays {
  const all = region(slots).slice()
  let at = 0
  const entries = parameters.map(({ name, shape, size }) => {
    at += size
    return [name, floats(all.subarray(at - size, at), shape)] as const
  })
  return Object.fromEntries(entries)
}

async function answer(message: SlotCall): Promise<SlotCalls[keyof SlotCalls]['answer']> {
  switch (message.call) {
    case 'embed':
      rows = message.ask
      return replica.embed(rows)
    case 'backward': {
      const found = await replica.backward(rows, message.ask)
      writeGradients(await replica.gradients())
      return found
    }
    case 'reduce':
      reduce()
      return null
    case 'update':
      return replica.update(message.ask, readSum())
    case 'state':
      return replica.state()
  }
}

parentPort?.on('message', (message: SlotCall) => {
  answer(message).then(
    given => parentPort?.postMessage({ answer: given } satisfies SlotAnswer),
    (error: unknown) => parentPort?.postMessage({ fault: describeFault(error) } satisfies SlotAnswer),
  )
})
