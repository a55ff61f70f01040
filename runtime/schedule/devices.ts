/** The GPUs of this machine, by `nvidia-smi`, and those that this process may use. */
import { execa } from 'execa'

/** A GPU. Memory in bytes. */
export interface Device {
  readonly index: number
  /** `GPU-...`, as `CUDA_VISIBLE_DEVICES` takes it. */
  readonly uuid: string
  readonly name: string
  readonly memory: number
  readonly used: number
  /** Share of the last moments in which it computed, 0 to 1. */
  readonly load: number
}

const fields = ['index', 'uuid', 'name', 'memory.total', 'memory.used', 'utilization.gpu'] as const
const MiB = 2 ** 20

/** The GPUs that `nvidia-smi` lists and `visible`, a value of `CUDA_VISIBLE_DEVICES`, leaves; none if it does not run. */
export async function findDevices(visible = process.env.CUDA_VISIBLE_DEVICES): Promise<readonly Device[]> {
  const query = [`--query-gpu=${fields.join(',')}`, '--format=csv,noheader,nounits']
  const { stdout, failed } = await execa('nvidia-smi', query, { reject: false, timeout: 30_000 })
  return failed ? [] : visibleDevices(parseDevices(stdout), visible)
}

/** Reads the table of `nvidia-smi`; a value that a GPU does not report (`[N/A]`) counts as zero. */
export function parseDevices(table: string): readonly Device[] {
  const number = (text = ''): number => (/^[\d.]+$/.test(text) ? Number(text) : 0)
  return table.split('\n').flatMap(line => {
    const [index, uuid = '', name = '', memory, used, load] = line.split(',').map(cell => cell.trim())
    if (!uuid.startsWith('GPU-')) return []
    return [
      {
        index: number(index),
        uuid,
        name,
        memory: number(memory) * MiB,
        used: number(used) * MiB,
        load: number(load) / 100,
      },
    ]
  })
}

/**
 * The devices that a value of `CUDA_VISIBLE_DEVICES` leaves, in its order. As CUDA does: unset leaves all, empty none,
 * entries are indices or the beginning of an identity, and the first entry that names no device ends the list.
 */
export function visibleDevices(devices: readonly Device[], visible: string | undefined): readonly Device[] {
  if (visible === undefined) return devices
  const chosen: Device[] = []
  for (const entry of visible.split(',').map(text => text.trim())) {
    const found = devices.find(({ index, uuid }) =>
      /^\d+$/.test(entry) ? index === Number(entry) : entry.startsWith('GPU-') && uuid.startsWith(entry),
    )
    if (found === undefined || chosen.includes(found)) break
    chosen.push(found)
  }
  return chosen
}

const busyMemory = 0.1
const busyLoad = 0.5

/** True if other programs use a device: a tenth of its memory is taken, or it computes half of the time. */
export const isBusy = ({ memory, used, load }: Device): boolean => used > busyMemory * memory || load >= busyLoad

/** A busy device in words. */
export const busyText = ({ index, memory, used, load }: Device): string =>
  `GPU ${index} (${(used / 2 ** 30).toFixed(1)} of ${(memory / 2 ** 30).toFixed(1)} GiB taken, ${Math.round(load * 100)} % load)`
