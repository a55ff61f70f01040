/**
 * What a stage costs beside its work: terroir, snakemake and GNU make on the same graph of stages that each write an
 * empty file, two at a time, turn about. `schedule.js [--stages N] [--rounds N]`. Peers that are missing are left out.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import { execa } from 'execa'

const { values } = parseArgs({
  options: { stages: { type: 'string', default: '1000' }, rounds: { type: 'string', default: '3' } },
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

const own = join(import.meta.dirname, 'peers/schedule_terroir.js')

const peers: readonly Peer[] = [
  {
    name: 'terroir, as processes',
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

const median = (numbers: readonly number[]): number =>
  [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN

const times = new Map<string, number[]>()
for (let round = 0; round < Number(values.rounds); round += 1)
  for (const peer of peers) {
    const time = await timeOf(peer)
    if (time !== undefined) times.set(peer.name, [...(times.get(peer.name) ?? []), time])
  }

console.log(`${stages} stages, two at a time; milliseconds a stage, median of ${values.rounds} (all)`)
for (const { name } of peers) {
  const found = (times.get(name) ?? []).map(time => time / stages)
  const each = found.map(time => time.toFixed(2)).join(', ')
  console.log(`  ${name.padEnd(24)}${found.length > 0 ? `${median(found).toFixed(2)} (${each})` : 'not installed'}`)
}

const { stdout } = await execa(process.execPath, [own, 'inside', String(insideStages)])
const { milliseconds, memory } = JSON.parse(stdout)
console.log(`${insideStages} stages inside the scheduler's process`)
console.log(
  `  terroir                 ${(milliseconds / insideStages).toFixed(3)} ms a stage, ${(memory / 2 ** 20).toFixed(0)} MiB at most`,
)
if ((loadavg()[0] ?? 0) > 3)
  console.log(`Other work was going on (load ${loadavg()[0]?.toFixed(1)}): times are too long`)
