/** The slots of a run on this machine. */
import { join } from 'node:path'
import { Refusal } from '../../dsl/diagnostics/faults.ts'
import { busyText, type Device, findDevices, isBusy } from './devices.ts'
import { isHeld, type SharedSlot, type SharedSlots, shareSlots } from './slot_locks.ts'

/** Slots and their devices. */
export interface LocalSlots {
  readonly pool: SharedSlots
  /** Identity of the device of each slot; absent if slots stand for the processor. */
  readonly devices?: readonly string[]
}

/** Options of choosing slots. */
export interface SlotOptions {
  readonly engine: string
  /** Number of slots at most. @default every free GPU; one if the processor stands in */
  readonly count?: number
  /** Called with a sentence on the devices that are left out. */
  readonly onNotice: (text: string) => void
}

/**
 * Folder of the slot locks of all runs on this machine, of all people. Containers that share a machine mount one folder
 * and name it.
 */
const machineFolder = (): string =>
  process.env.TERROIR_SLOTS_FOLDER ||
  (process.platform === 'win32' ? join(process.env.TEMP ?? '.', 'terroir-slots') : '/tmp/terroir-slots')

/**
 * The slots: GPUs if the engine uses them, otherwise as many parts of the processor as are asked for. Both kinds are
 * locked for the whole machine. Throws a `Refusal` if fewer GPUs are free than are asked for.
 */
export async function openLocalSlots({ engine, count, onNotice }: SlotOptions): Promise<LocalSlots> {
  const devices = (await usesCuda(engine)) ? await findDevices() : []
  if (devices.length > 0) return gpuSlots(devices, { count, onNotice })
  // WebGPU has no choice of the GPU: it is one slot for all runs.
  if (engine === 'webgpu') return { pool: shareSlots(machineFolder(), [{ name: 'webgpu', label: 'the GPU' }]) }
  const size = count ?? 1
  const slots = Array.from({ length: size }, (_, slot) => ({ name: `cpu-${slot}`, label: `processor slot ${slot}` }))
  return { pool: shareSlots(machineFolder(), slots, { advice: `--slots ${size + 1} would make one more` }) }
}

/** `auto` computes on GPUs only if onnxruntime's library for them is installed. */
async function usesCuda(engine: string): Promise<boolean> {
  if (engine !== 'auto') return engine === 'cuda' || engine === 'native'
  if ((await findDevices()).length === 0) return false
  const { hasCudaLibrary } = await import('../engine/engines.ts')
  return hasCudaLibrary()
}

const slotOf = ({ uuid, index }: Device): SharedSlot => ({ name: uuid, label: `GPU ${index}` })

function gpuSlots(
  devices: readonly Device[],
  { count, onNotice }: { readonly count: number | undefined; readonly onNotice: (text: string) => void },
): LocalSlots {
  // A GPU that another run of terroir uses will come free; one that other programs use may not.
  const busy = devices.filter(device => isBusy(device) && !isHeld(machineFolder(), slotOf(device)))
  const free = devices.filter(device => !busy.includes(device))
  const wanted = count ?? free.length
  if (free.length === 0 || wanted > free.length) {
    const left = busy.length > 0 ? `; in use by others: ${busy.map(busyText).join(', ')}` : ''
    throw new Refusal(
      `This run asks for ${count ?? 'a'} GPU${wanted > 1 ? 's' : ''}, and ${free.length} of ${devices.length} are free${left}`,
      { hint: 'wait, lower --slots, or compute with --engine cpu' },
    )
  }
  if (busy.length > 0) onNotice(`Left out, in use by others: ${busy.map(busyText).join(', ')}`)
  const used = free.slice(0, wanted)
  return { pool: shareSlots(machineFolder(), used.map(slotOf)), devices: used.map(({ uuid }) => uuid) }
}
