/** Checkpoint files: the complete state of a training run after a step, from which it resumes bit by bit. */
import { createHash } from 'node:crypto'
import { readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { bytesOf, type HostArrays, readSafetensors, writeSafetensors } from '../model/safetensors.ts'
import { faultText, replaceFile } from '../store/files.ts'

/** The complete state of a run after a step. */
export interface Checkpoint {
  /** Number of completed steps. */
  readonly step: number
  /** Arrays by path: `weights.NAME`, `first.NAME`, `loader.NAME`, `history.NAME`. */
  readonly arrays: HostArrays
}

/** The checkpoint files of one training run. */
export interface CheckpointFiles {
  /**
   * Calls `use` with the newest checkpoint and returns its result. A checkpoint that is damaged, belongs to another run or
   * makes `use` throw is renamed with a warning, and the one before it is tried. Returns `undefined` if none is left.
   */
  resume<T>(use: (checkpoint: Checkpoint) => T): Promise<T | undefined>
  /** Writes a checkpoint atomically and removes all but the newest `keep`. A failed write is a warning. */
  save(checkpoint: Checkpoint): Promise<void>
}

const pattern = /^step-\d{9}\.safetensors$/
const fileName = (step: number): string => `step-${String(step).padStart(9, '0')}.safetensors`

/** Opens the checkpoints in an existing folder. `run` identifies the run; checkpoints of other runs are not used. */
export function openCheckpointFiles(
  folder: string,
  { run, keep, warn }: { readonly run: string; readonly keep: number; readonly warn: (message: string) => void },
): CheckpointFiles {
  const newestFirst = async (): Promise<readonly string[]> =>
    (await readdir(folder))
      .filter(name => pattern.test(name))
      .sort()
      .reverse()

  async function read(name: string): Promise<Checkpoint> {
    const { arrays, metadata } = await readSafetensors(join(folder, name))
    if (metadata.of !== run) throw new Error('it is of another training run')
    if (metadata.sha256 !== digest(arrays)) throw new Error('its content is not as it was written')
    return { step: Number(metadata.step), arrays }
  }

  async function resume<T>(use: (checkpoint: Checkpoint) => T): Promise<T | undefined> {
    for (const name of await newestFirst()) {
      try {
        return use(await read(name))
      } catch (error) {
        await rename(join(folder, name), join(folder, `${name}.unusable`))
        warn(`The checkpoint '${name}' cannot be used (${faultText(error)}); it is set aside as '${name}.unusable'`)
      }
    }
    return undefined
  }

  async function save({ step, arrays }: Checkpoint): Promise<void> {
    const metadata = { of: run, step: String(step), sha256: digest(arrays) }
    try {
      await replaceFile(join(folder, fileName(step)), aside => writeSafetensors(aside, { arrays, metadata }))
    } catch (error) {
      return warn(`No checkpoint was saved at step ${step} (${faultText(error)}); training goes on without it`)
    }
    const old = (await newestFirst()).filter(name => name <= fileName(step)).slice(keep)
    await Promise.all(old.map(name => rm(join(folder, name), { force: true })))
  }

  return { resume, save }
}

/** SHA-256 over names, types, shapes and elements. */
function digest(arrays: HostArrays): string {
  const hash = createHash('sha256')
  for (const name of Object.keys(arrays).sort()) {
    const array = arrays[name]
    if (array === undefined) continue
    hash.update(`${name}:${array.dtype}[${array.shape}]`).update(bytesOf(array.data))
  }
  return hash.digest('hex')
}
