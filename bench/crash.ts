/**
 * Kills the real controller and its workers at random instants of a small real recipe, ends the controller at every
 * call to the file system, lets two controllers race, and fills the disk; after each, the next plain run must come to the very end of an
 * undisturbed one. `crash.js [--json] [--kills N] [--points N] [--fulls N] [--races N] [--lanes N] [--seed N]`.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setTimeout } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { createRandom } from '../runtime/data/random.ts'
import { fillDisk } from '../test/schedule/crash_disk.ts'
import {
  type Ending,
  endingOf,
  faultsOfNextRun,
  faultsOfRace,
  processesIn,
  startRun,
  writeProject,
} from '../test/schedule/crash_support.ts'

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    kills: { type: 'string', default: '200' },
    points: { type: 'string', default: 'all' },
    fulls: { type: 'string', default: '50' },
    races: { type: 'string', default: '20' },
    lanes: { type: 'string', default: '2' },
    seed: { type: 'string', default: '1' },
  },
})

const say = (line: string): void => {
  if (!options.json) console.log(line)
}

/** Runs a body in a fresh project. */
async function inProject<T>(body: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'terroir-crash-'))
  try {
    await writeProject(folder)
    return await body(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

interface Trial {
  readonly name: string
  /** Does harm. */
  readonly run?: (folder: string) => Promise<void>
  /** Finds what is wrong afterwards, one line a fault. @default what is wrong with the next run */
  readonly look?: typeof faultsOfNextRun
}

const victims = ['controller', 'worker', 'both'] as const

/** Kills at an instant that is uniform over an undisturbed run's time. */
function killAt(delay: number, victim: (typeof victims)[number], choice: number): (folder: string) => Promise<void> {
  return async folder => {
    const controller = startRun(folder)
    await Promise.race([setTimeout(delay), controller])
    const workers = processesIn(folder).filter(pid => pid !== controller.pid)
    const worker = workers[Math.floor(choice * workers.length)]
    if (victim !== 'controller' && worker !== undefined) end(worker)
    if (victim !== 'worker' || worker === undefined) controller.kill('SIGKILL')
    await controller
  }
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It ended by itself.
  }
}

const faults: string[] = []

async function tryAll(trials: readonly Trial[], undisturbed: Ending): Promise<void> {
  const waiting = [...trials]
  async function lane(): Promise<void> {
    for (let trial = waiting.shift(); trial; trial = waiting.shift()) {
      const { name, run, look = faultsOfNextRun } = trial
      const found = await inProject(async folder => {
        await run?.(folder)
        return look(folder, undisturbed)
      }).catch(error => [String(error)])
      for (const fault of found) faults.push(`${name}: ${fault}`)
      say(`${found.length === 0 ? 'ok  ' : 'FAIL'} ${name}${found.map(fault => `\n     ${fault}`).join('')}`)
    }
  }
  await Promise.all(Array.from({ length: Number(options.lanes) }, lane))
}

const began = performance.now()
const { undisturbed, calls, duration } = await inProject(async folder => {
  const started = performance.now()
  const { stderr, exitCode } = await startRun(folder, { fault: 'count', at: 0 })
  if (exitCode !== 0) throw new Error(`The undisturbed run ended with ${exitCode}: ${stderr}`)
  return {
    undisturbed: await endingOf(folder),
    calls: Number(/(\d+) calls/.exec(stderr)?.[1]),
    duration: performance.now() - started,
  }
})
say(`An undisturbed run takes ${(duration / 1000).toFixed(1)} s and ${calls} calls to the file system`)

const random = createRandom(Number(options.seed), 'crash')
const kills = Array.from({ length: Number(options.kills) }, (_, index): Trial => {
  const delay = random.between(0, duration)
  const victim = random.pick(victims)
  return {
    name: `kill ${index + 1}: ${victim} after ${Math.round(delay)} ms`,
    run: killAt(delay, victim, random.next()),
  }
})
const wanted = options.points === 'all' ? calls : Math.min(calls, Number(options.points))
const points = Array.from({ length: wanted }, (_, index): Trial => {
  const at = 1 + Math.floor((index * calls) / wanted)
  return {
    name: `kill before call ${at}`,
    run: async folder => void (await startRun(folder, { fault: 'kill', at })),
  }
})
/** From some call on the disk is full for the controller: where that fails the run, it must say so. */
const fulls = Array.from({ length: Number(options.fulls) }, (_, index): Trial => {
  const at = 1 + Math.floor((index * calls) / Number(options.fulls))
  return {
    name: `no room from call ${at} on`,
    async run(folder) {
      const { exitCode, stdout, stderr } = await startRun(folder, { fault: 'full', at })
      if (exitCode !== 0 && !/disk is full; make room/i.test(`${stdout}${stderr}`))
        throw new Error(`A run without room ended with ${exitCode} and said: ${stderr}`)
    },
  }
})
const races = Array.from(
  { length: Number(options.races) },
  (_, index): Trial => ({
    name: `race ${index + 1} of two controllers`,
    look: faultsOfRace,
  }),
)
await tryAll([...kills, ...points, ...fulls, ...races], undisturbed)
const disk = await fillDisk(undisturbed, { inProject, say })
faults.push(...disk.faults)

const summary = {
  bench: 'crash',
  kills: kills.length,
  points: points.length,
  calls,
  fulls: fulls.length,
  races: races.length,
  disk: disk.trials,
  faults: faults.length,
  run_seconds: Number((duration / 1000).toFixed(2)),
  seconds: Math.round((performance.now() - began) / 1000),
  seed: Number(options.seed),
}
if (options.json) console.log(JSON.stringify(summary))
else
  say(
    `${kills.length} kills, ${points.length} calls, ${fulls.length} times no room, ${races.length} races, ${disk.trials} full disks: ${faults.length} faults`,
  )
process.exitCode = faults.length === 0 ? 0 : 1
