/**
 * Compares retrieval with what RemoteCLIP's program does, by NumPy and by PyTorch: the same embeddings, a process for
 * each, turn about. `retrieval.js [--json] [--rounds N] [--threads N] [--images N] [--captions N] [--dim N] [--alone]`;
 * `--alone` leaves out the peers, which hold the whole matrix in memory.
 */
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, loadavg, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { execa } from 'execa'
import { createRandom } from '../runtime/data/random.ts'
import { findPython } from './peers/python.ts'
import { ratioOf, spreadOf, spreadText } from './spread.ts'

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '5' },
    threads: { type: 'string', default: String(availableParallelism()) },
    images: { type: 'string', default: '1093' },
    captions: { type: 'string', default: '5' },
    dim: { type: 'string', default: '512' },
    alone: { type: 'boolean', default: false },
  },
})
/** Before the benchmark itself works. */
const [load = 0] = loadavg()
const [images, captions, dim] = [Number(options.images), Number(options.captions), Number(options.dim)]

/** A model of middling quality: captions lie about their image, and noise is 8 times as far. */
async function writeCase(folder: string): Promise<void> {
  await writeFile(join(folder, 'case.json'), JSON.stringify({ images, captions, dim }))
  const random = createRandom(1, 'retrieval')
  const [pictures, texts] = await Promise.all(['images.f32', 'texts.f32'].map(name => open(join(folder, name), 'w')))
  for (let image = 0; image < images; image++) {
    const row = Float32Array.from({ length: dim }, () => random.between(-1, 1))
    await pictures?.write(new Uint8Array(row.buffer))
    const near = Float32Array.from({ length: captions * dim }, (_, at) => (row[at % dim] ?? 0) + random.between(-8, 8))
    await texts?.write(new Uint8Array(near.buffer))
  }
  await pictures?.close()
  await texts?.close()
}

interface Turn {
  readonly recalls: { readonly mean_recall: number }
  readonly seconds: number
  readonly cpuSeconds: number
  readonly peakMiB: number
  readonly intervalSeconds?: number
  /** Of the whole process: start, reading, ranks, end. */
  readonly processSeconds: number
}

interface Peer {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
}

async function runPeer({ command, args }: Peer): Promise<Turn> {
  const start = performance.now()
  const { stdout } = await execa(command, [...args])
  return { ...JSON.parse(stdout), processSeconds: (performance.now() - start) / 1000 }
}

const folder = await mkdtemp(join(tmpdir(), 'terroir-retrieval-'))
try {
  await writeCase(folder)
  const python = options.alone ? undefined : await findPython()
  // Node runs compiled files; the script for Python stays where it was written.
  const script = resolve(import.meta.dirname, '../../bench/peers/retrieval_python.py')
  const own = join(import.meta.dirname, 'peers/retrieval_terroir.js')
  const { threads } = options
  const peers: readonly Peer[] = [
    { name: 'terroir', command: process.execPath, args: [own, folder, threads] },
    ...(python === undefined
      ? []
      : ['numpy', 'torch'].map(library => ({
          name: library,
          command: python,
          args: [script, folder, threads, library],
        }))),
  ]
  const turns = new Map<string, Turn[]>(peers.map(({ name }) => [name, []]))
  for (let round = 0; round < Number(options.rounds); round++)
    for (const peer of round % 2 === 0 ? peers : peers.toReversed()) turns.get(peer.name)?.push(await runPeer(peer))
  const ours = turns.get('terroir') ?? []
  const measured = [...turns].map(([name, list]) => ({
    name,
    ranksSeconds: spreadOf(list.map(turn => turn.seconds)),
    processSeconds: spreadOf(list.map(turn => turn.processSeconds)),
    cpuSeconds: spreadOf(list.map(turn => turn.cpuSeconds)),
    peakMebibytes: Math.max(...list.map(turn => turn.peakMiB)),
    meanRecall: list[0]?.recalls.mean_recall,
    ratio: ratioOf(
      list.map(turn => turn.processSeconds),
      ours.map(turn => turn.processSeconds),
    ),
  }))
  if (load > 0.5) console.log(`Other work keeps ${load.toFixed(1)} processors busy: times are too long on all sides`)
  console.log(`${images} images, ${images * captions} captions, ${dim} dimensions, ${threads} threads; seconds`)
  for (const { name, ranksSeconds, processSeconds, cpuSeconds, peakMebibytes, meanRecall, ratio } of measured) {
    console.log(
      `  ${name.padEnd(8)}  ranks ${spreadText(ranksSeconds)}, whole process ${spreadText(processSeconds)}, of processor ${spreadText(cpuSeconds)}; ${peakMebibytes.toFixed(0)} MiB; mean recall ${meanRecall?.toFixed(2)}`,
    )
    if (name !== 'terroir') console.log(`  speed over ${name}: ${spreadText(ratio)}`)
  }
  const intervals = ours.flatMap(({ intervalSeconds }) => intervalSeconds ?? [])
  if (intervals.length > 0) console.log(`  terroir's bootstrap intervals: ${spreadText(spreadOf(intervals))} s more`)
  if (options.json)
    console.log(
      JSON.stringify({ bench: 'retrieval', images, texts: images * captions, dim, threads, load, peers: measured }),
    )
} finally {
  await rm(folder, { recursive: true, force: true })
}
