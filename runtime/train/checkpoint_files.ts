/** Checkpoints: files from which a training run goes on as if it had never stopped. */
import { createHash } from 'node:crypto'
import { readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { bytesOf, type HostArrays, readSafetensors, writeSafetensors } from '../model/safetensors.ts'
import { faultText, replaceFile } from '../store/files.ts'

/** Everything that a run knows after a step. */
export interface Checkpoint {
  /** Steps done. */
  readonly step: number
  /** Arrays by path: `weights.NAME`, `first.NAME`, `loader.NAME`, `history.NAME`. */
  readonly arrays: HostArrays
}

/** The checkpoints of one training run. */
export interface CheckpointFiles {
  /**
   * Gives the newest checkpoint to `use`, and what that returns. One that is damaged, of another run, or that `use`
   * throws on is set aside with a warning, and the one before takes its place; `undefined` where none is left.
   */
  resume<T>(use: (checkpoint: Checkpoint) => T): Promise<T | undefined>
  /** Writes a checkpoint atomically and removes all but the newest `keep`. A disk that is full is a warning. */
  save(checkpoint: Checkpoint): Promise<void>
}

const pattern = /^step-\d{9}\.safetensors$/
const fileName = (step: number): string => `step-${String(step).padStart(9, '0')}.safetensors`

/** Opens the checkpoints in a folder that exists; `of` names the run, and only checkpoints of that name are used. */
export function openCheckpointFiles(
  folder: string,
  { of, keep, warn }: { readonly of: string; readonly keep: number; readonly warn: (message: string) => void },
): CheckpointFiles {
  const newestFirst = async (): Promise<readonly string[]> =>
    (await readdir(folder))
      .filter(name => pattern.test(name))
      .sort()
      .reverse()

  async function read(name: string): Promise<Checkpoint> {
    const { arrays, metadata } = await readSafetensors(join(folder, name))
    if (metadata.of !== of) throw new Error('it is of another training run')
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
    const metadata = { of, step: String(step), sha256: digest(arrays) }
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

/** Over names, types and elements. */
function digest(arrays: HostArrays): string {
  const hash = createHash('sha256')
  for (const name of Object.keys(arrays).sort()) {
    const array = arrays[name]
    if (array === undefined) continue
    hash.update(`${name}:${array.dtype}[${array.shape}]`).update(bytesOf(array.data))
  }
  return hash.digest('hex')
}
