/** The abilities of this machine. */
import { availableParallelism, totalmem } from 'node:os'
import type { Availability } from '../engine/mod.ts'

/** This machine: its size, and the engines that work on it. */
export interface MachineReport {
  /** Version of Node.js. */
  readonly node: string
  readonly cores: number
  readonly memoryGiB: number
  readonly engines: readonly Availability[]
}

/** Tries each engine: a small graph is compiled and run. */
export async function doctor(): Promise<MachineReport> {
  const { engineNames, tryEngine } = await import('../engine/mod.ts')
  const engines: Availability[] = []
  for (const name of engineNames) engines.push(await tryEngine(name))
  return {
    node: process.version,
    cores: availableParallelism(),
    memoryGiB: Number((totalmem() / 2 ** 30).toFixed(1)),
    engines,
  }
}
