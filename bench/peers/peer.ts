/** Programs that a benchmark compares: each keeps warm in its own process and works only when it is its turn. */
import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { execa } from 'execa'

/** What one turn took. */
export interface Turn {
  readonly seconds: number
  /** Processor time of all threads. */
  readonly cpuSeconds: number
  /** Of `seconds`, those outside the library that computes; where the peer tells. */
  readonly outsideSeconds?: number
  /** Numbers of each step, to compare between peers. */
  readonly values: readonly number[]
}

export interface Peer {
  readonly name: string
  /** Runs this many steps. */
  turn(steps: number): Promise<Turn>
  /** What the peer answers to a line of its own language. */
  ask(line: string): Promise<unknown>
  /** Largest resident memory so far in bytes; undefined where the system does not tell. */
  peakMemory(): Promise<number | undefined>
  end(): Promise<void>
}

/** Starts a program and waits until it is ready; throws with its last words where it ends before. */
export async function startPeer(
  name: string,
  command: string,
  { parameters, env = {} }: { readonly parameters: readonly string[]; readonly env?: Readonly<Record<string, string>> },
): Promise<Peer> {
  const process = execa(command, parameters, { env, buffer: { stdout: false }, reject: false })
  const lines = createInterface({ input: process.stdout })[Symbol.asyncIterator]()
  const answer = async (): Promise<unknown> => {
    const { value, done } = await lines.next()
    if (!done) return JSON.parse(value)
    const { stderr } = await process
    throw new Error(`The peer '${name}' stopped: ${stderr.split('\n').slice(-3).join(' ')}`)
  }
  const ask = (line: string) => {
    process.stdin.write(`${line}\n`)
    return answer()
  }
  await answer()
  return {
    name,
    turn: async steps => (await ask(String(steps))) as Turn,
    ask,
    peakMemory: async () => {
      const status = await readFile(`/proc/${process.pid}/status`, 'utf8').catch(() => '')
      const kibibytes = /VmHWM:\s+(\d+) kB/.exec(status)?.[1]
      return kibibytes === undefined ? undefined : Number(kibibytes) * 1024
    },
    end: async () => {
      process.stdin.end()
      await process
    },
  }
}
