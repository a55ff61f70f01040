/**
 * What a stage costs beside its work: terroir, snakemake and GNU make on the same graph of stages that each write an
 * empty file, two at a time, turn about. `schedule.js [--json] [--stages N] [--rounds N]`. Peers that are missing are left out.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import { execa } from 'execa'
import { ratioOf, spreadOf, spreadText } from './spread.ts'

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    stages: { type: 'string', default: '1000' },
    rounds: { type: 'string', default: '3' },
  },
})
const stages = Number(values.stages)
const insideStages = 10_000

interface Peer {
  readonly name: string
  readonly command: string
  /** Arguments for a run in an empty folder, which it may fill first. */
  readonly prepare: (folder: string) => Promise<readonly string[]>
}

const leaves = Array.from({ length: stages - 1 }, (_, index) => `leaf${index}`)

const makefile = `all: ${leaves.join(' ')}
first:
\ttouch first
leaf%: first
\ttouch $@
`

const snakefile = `rule all:
    input: expand("leaf{i}", i=range(${stages - 1}))
rule first:
    output: "first"
    shell: "touch {output}"
rule leaf:
    input: "first"
    output: "leaf{i}"
    shell: "touch {output}"
`

const ownName = 'terroir, as processes'
const own = join(import.meta.dirname, 'peers/schedule_terroir.js')

const peers: readonly Peer[] = [
  {
    name: ownName,
    command: process.execPath,
    prepare: async folder => [own, 'process', String(stages), join(folder, 'store')],
  },
  {
    name: 'snakemake',
    command: 'snakemake',
    async prepare(folder) {
      await writeFile(join(folder, 'Snakefile'), snakefile)
      return ['--cores', '2', '--quiet', 'all']
    },
  },
  {
    name: 'GNU make',
    command: 'make',
    async prepare(folder) {
      await writeFile(join(folder, 'Makefile'), makefile)
      return ['-s', '-j', '2']
    },
  },
]

/** Milliseconds of a whole run, the start of the program included; `undefined` where there is no such program. */
async function timeOf({ command, prepare }: Peer): Promise<number | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'terroir-bench-'))
  try {
    const parameters = await prepare(folder)
    const began = performance.now()
    const { exitCode, code, stderr } = await execa(command, parameters, { cwd: folder, reject: false })
    if (code === 'ENOENT') return undefined
    if (exitCode !== 0) throw new Error(`${command} failed: ${stderr.slice(-500)}`)
    return performance.now() - began
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const [load = 0] = loadavg()
if (load > 0.5) console.log(`Other work keeps ${load.toFixed(1)} processors busy: times are too long on all sides`)
const times = new Map<string, number[]>()
for (let round = 0; round < Number(values.rounds); round += 1)
  for (const peer of round % 2 === 0 ? peers : peers.toReversed()) {
    const time = await timeOf(peer)
    if (time !== undefined) times.set(peer.name, [...(times.get(peer.name) ?? []), time / stages])
  }

console.log(`${stages} stages, two at a time; milliseconds a stage`)
const ours = times.get(ownName) ?? []
const measured = peers.flatMap(({ name }) => {
  const each = times.get(name)
  if (each === undefined) {
    console.log(`  ${name.padEnd(24)}not installed`)
    return []
  }
  const [spread, ratio] = [spreadOf(each), ratioOf(each, ours)]
  console.log(`  ${name.padEnd(24)}${spreadText(spread)}${name === ownName ? '' : `, ${spreadText(ratio)} times ours`}`)
  return [{ name, millisecondsAStage: spread, ratio }]
})

const { stdout } = await execa(process.execPath, [own, 'inside', String(insideStages)])
const { milliseconds, memory } = JSON.parse(stdout)
const inside = { millisecondsAStage: milliseconds / insideStages, mebibytes: Math.round(memory / 2 ** 20) }
console.log(`${insideStages} stages inside the scheduler's process`)
console.log(
  `  terroir                 ${inside.millisecondsAStage.toFixed(3)} ms a stage, ${inside.mebibytes} MiB at most`,
)
if (values.json) console.log(JSON.stringify({ bench: 'schedule', stages, load, peers: measured, insideStages, inside }))
