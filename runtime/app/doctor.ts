/** The abilities of this machine. */
import { availableParallelism, totalmem } from 'node:os'
import { type LastingGrant, lastingGrants } from '../schedule/grants.ts'

/** An engine on this machine. */
export interface EngineReport {
  readonly name: string
  readonly available: boolean
  /** The device, or the reason why it does not work. */
  readonly detail: string
}

/** This machine: its size, the engines that work on it, and what runs may do here. */
export interface MachineReport {
  /** Version of Node.js. */
  readonly node: string
  readonly cores: number
  readonly memoryGiB: number
  readonly engines: readonly EngineReport[]
  /** Permissions that environment variables grant to all runs. */
  readonly grants: readonly LastingGrant[]
}

/** Tries each engine: a small graph is compiled and run. */
export async function doctor(): Promise<MachineReport> {
  const { engineNames, tryEngine } = await import('../engine/mod.ts')
  const engines: EngineReport[] = []
  for (const name of engineNames) engines.push(await tryEngine(name))
  return {
    node: process.version,
    cores: availableParallelism(),
    memoryGiB: Number((totalmem() / 2 ** 30).toFixed(1)),
    engines,
    grants: lastingGrants(),
  }
}
