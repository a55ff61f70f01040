/**
 * Compares the language with Snakemake: the same graphs of stages, planned by one process each, cold, turn about.
 * `language.js [--json] [--rounds N] [CASE...]`.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { execa } from 'execa'
import { type Case, type Command, cases, prepareCase } from './language_cases.ts'
import { digits, ratioOf, type Spread, spreadOf, spreadText } from './spread.ts'

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean', default: false }, rounds: { type: 'string', default: '7' } },
})

/** What one process took. */
interface Turn {
  readonly seconds: number
  /** Largest resident memory in bytes. */
  readonly memory: number
}

/** Runs a program to its end; GNU time tells what the system counted. Throws where it fails. */
async function turn({ file, parameters, folder }: Command): Promise<Turn> {
  const began = performance.now()
  const { stderr, failed } = await execa('/usr/bin/time', ['-f', '%M', file, ...parameters], {
    cwd: folder,
    reject: false,
    stdout: 'ignore',
  })
  const seconds = (performance.now() - began) / 1000
  const lines = stderr.trimEnd().split('\n')
  if (failed) throw new Error(`'${[file, ...parameters].join(' ')}' failed: ${lines.slice(-4).join(' ')}`)
  return { seconds, memory: Number(lines.at(-1)) * 1024 }
}

interface Measured {
  readonly name: string
  readonly stages: number
  readonly seconds: Spread
  readonly memoryMebibytes: number
  readonly snakemake?: { readonly seconds: Spread; readonly memoryMebibytes: number; readonly ratio: Spread }
}

const mostMebibytes = (turns: readonly Turn[]) => Math.round(Math.max(...turns.map(({ memory }) => memory)) / 2 ** 20)

/** Both in turn, forwards in one round and backwards in the next, after one turn each that fills caches of files. */
async function measure({ name, stages }: Case, own: Command, peer: Command | undefined): Promise<Measured> {
  const commands = peer === undefined ? [own] : [own, peer]
  const turns = new Map<Command, Turn[]>(commands.map(command => [command, []]))
  for (const command of commands) await turn(command)
  for (let round = 0; round < Number(options.rounds); round++)
    for (const command of round % 2 === 0 ? commands : [...commands].reverse())
      turns.get(command)?.push(await turn(command))
  const mine = turns.get(own) ?? []
  const theirs = peer && turns.get(peer)
  const secondsOf = (some: readonly Turn[]) => spreadOf(some.map(({ seconds }) => seconds))
  return {
    name,
    stages,
    seconds: secondsOf(mine),
    memoryMebibytes: mostMebibytes(mine),
    ...(theirs && {
      snakemake: {
        seconds: secondsOf(theirs),
        memoryMebibytes: mostMebibytes(theirs),
        ratio: ratioOf(
          theirs.map(({ seconds }) => seconds),
          mine.map(({ seconds }) => seconds),
        ),
      },
    }),
  }
}

function report({ about }: Case, { name, stages, seconds, memoryMebibytes, snakemake }: Measured): string {
  return [
    `${name}: ${about}, ${stages} stages`,
    `  terroir    ${spreadText(seconds)} s, ${memoryMebibytes} MiB`,
    ...(snakemake === undefined
      ? []
      : [
          `  snakemake  ${spreadText(snakemake.seconds)} s, ${snakemake.memoryMebibytes} MiB`,
          `  speed over snakemake: ${spreadText(snakemake.ratio)}`,
        ]),
  ].join('\n')
}

const hasSnakemake = !(await execa('snakemake', ['--version'], { reject: false })).failed
if (!hasSnakemake)
  console.log(
    'Snakemake was not found, so only terroir is measured; install it (on Debian: apt install --no-install-recommends snakemake)',
  )
const [load = 0] = loadavg()
if (load > 0.5) console.log(`Other work keeps ${load.toFixed(1)} processors busy: times are too long on both sides`)
const results: Measured[] = []
for (const benchCase of cases) {
  if (positionals.length > 0 && !positionals.includes(benchCase.name)) continue
  const folder = await mkdtemp(join(tmpdir(), 'terroir-bench-'))
  try {
    const { own, peer } = await prepareCase(folder, benchCase)
    const result = await measure(benchCase, own, hasSnakemake ? peer : undefined)
    results.push(result)
    console.log(`${report(benchCase, result)}\n`)
  } finally {
    await rm(folder, { recursive: true })
  }
}
const secondsOf = (name: string) => results.find(result => result.name === name)?.seconds.median ?? Number.NaN
const growth = secondsOf('plan-10k') / secondsOf('plan-1k')
if (Number.isFinite(growth)) console.log(`ten times the stages take ${digits(growth)} times as long`)
if (options.json)
  console.log(JSON.stringify({ bench: 'language', cases: results, ...(Number.isFinite(growth) && { growth }) }))
