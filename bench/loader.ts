/**
 * Compares this project's loader with PyTorch's DataLoader on the same JPEGs, turn about, and with the trainer that it
 * feeds. `loader.js [--json] [--rounds N] [--threads N] [--images N]`.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism, loadavg, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { writeTiles } from './loader_data.ts'
import { type Peer, startPeer, type Turn } from './peers/peer.ts'
import { findPython } from './peers/python.ts'
import { ratioOf, type Spread, spreadOf, spreadText } from './spread.ts'

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '5' },
    threads: { type: 'string', default: String(availableParallelism()) },
    images: { type: 'string', default: '2000' },
  },
})

const batchSize = 64
/** Batches of a turn. */
const turn = 48
/** Steps of the turn that trains. */
const steps = 24

const modes = {
  plain: 'decode 128 px, scale to 64 px (Lanczos-3)',
  augment: 'decode, crop, turn, jitter colours',
  held: 'the same of images held decoded in memory',
} as const

type Mode = keyof typeof modes

const middle = (values: readonly number[]): number => spreadOf(values).median

const own = (mode: string, folder: string): Promise<Peer> =>
  startPeer('terroir', process.execPath, {
    parameters: [join(import.meta.dirname, 'peers/loader_terroir.js'), folder, mode, options.threads],
  })

/** Node runs compiled files; the script for Python stays where it was written. */
const torch = (python: string, mode: string, folder: string): Promise<Peer> =>
  startPeer('PyTorch DataLoader', python, {
    parameters: [resolve(import.meta.dirname, '../../bench/peers/loader_torch.py'), folder, mode, options.threads],
  })

/** Images a second by the clock, and processor time of one, of each peer; turn about. */
async function compare(mode: Mode, folder: string, python: string | undefined) {
  const peers = [await own(mode, folder)]
  if (python !== undefined) peers.push(await torch(python, mode, folder))
  const turns = new Map<Peer, Turn[]>(peers.map(peer => [peer, []]))
  for (let round = 0; round < Number(options.rounds); round++)
    for (const peer of round % 2 === 0 ? peers : [...peers].reverse()) turns.get(peer)?.push(await peer.turn(turn))
  const images = turn * batchSize
  const measured = peers.map(peer => {
    const taken = turns.get(peer) ?? []
    return {
      peer: peer.name,
      imagesPerSecond: spreadOf(taken.map(({ seconds }) => images / seconds)),
      millisecondsOfProcessor: middle(taken.map(({ cpuSeconds }) => (1000 * cpuSeconds) / images)),
      mean: middle(taken.flatMap(({ values }) => values)),
    }
  })
  await Promise.all(peers.map(peer => peer.end()))
  const [ours, theirs] = measured
  if (ours && theirs && Math.abs(ours.mean - theirs.mean) > 0.1)
    throw new Error(`The loaders make different images: their means are ${ours.mean} and ${theirs.mean}`)
  const [mine, its] = peers.map(peer => turns.get(peer)?.map(({ seconds }) => seconds) ?? [])
  return { mode, about: modes[mode], peers: measured, ...(mine && its && { ratio: ratioOf(its, mine) }) }
}

async function whileTraining(folder: string) {
  const peer = await own('training', folder)
  const rounds: (readonly number[])[] = []
  for (let round = 0; round < Number(options.rounds); round++) rounds.push((await peer.turn(steps)).values)
  await peer.end()
  const [loader = 0, trainer = 0, waited = 0, processor = 0] = [0, 1, 2, 3].map(i =>
    middle(rounds.map(values => values[i] ?? Number.NaN)),
  )
  return { loader, trainer, ratio: spreadOf(rounds.map(([a = 0, b = 0]) => a / b)), waited, processor }
}

const whole = (value: number): string => Math.round(value).toLocaleString('en')
const rangeText = ({ min, median, max }: Spread): string => `${whole(median)} (${whole(min)} to ${whole(max)})`

const python = await findPython('torch, torchvision')
if (python === undefined)
  console.log(
    'PyTorch with torchvision was not found, so only this loader is measured; install it (on Debian: apt install python3-torchvision) or name an interpreter that has it in PYTHON',
  )
const [load = 0] = loadavg()
if (load > 0.5)
  console.log(`Other work keeps ${load.toFixed(1)} processors busy: compare processor time, not the clock`)
const folder = await mkdtemp(join(tmpdir(), 'terroir-bench-'))
try {
  await writeTiles(folder, Number(options.images))
  const cases = []
  for (const mode of ['plain', 'augment', 'held'] as const) {
    const result = await compare(mode, folder, python)
    cases.push(result)
    console.log(`${mode}: ${result.about}, ${options.threads} threads`)
    for (const { peer, imagesPerSecond, millisecondsOfProcessor } of result.peers)
      console.log(
        `  ${peer}  ${rangeText(imagesPerSecond)} images/s, ${millisecondsOfProcessor.toFixed(3)} ms of processor an image`,
      )
    if (result.ratio !== undefined) console.log(`  speed over PyTorch DataLoader: ${spreadText(result.ratio)}`)
  }
  const training = await whileTraining(folder)
  console.log(
    `training: a MaMMUT of 6 + 4 layers of width 192 at 64 px on ${options.threads} threads, images decoded each time\n  loader ${whole(training.loader)} images/s, trainer ${whole(training.trainer)} images/s: ${spreadText(training.ratio)} times; waited ${(100 * training.waited).toFixed(2)} %`,
  )
  if (options.json)
    console.log(JSON.stringify({ bench: 'loader', threads: Number(options.threads), load, cases, training }))
} finally {
  await rm(folder, { recursive: true })
}
