/**
 * Compares this engine with PyTorch: training steps and inference, the same weights and batches, one process each, turn
 * about. `engine.js [--json] [--rounds N] [--threads N] [--engine cpu|webgpu|cuda] [--peak TFLOPS] [CASE...]`. Beside
 * an engine on a GPU PyTorch computes on CUDA. `--peak` is what the maker says the processor reaches.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism, loadavg, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { tryEngine } from '../runtime/engine/mod.ts'
import { type Case, cases, writeCase } from './engine_cases.ts'
import { type Peer, startPeer, type Turn } from './peers/peer.ts'
import { findPython, keepMemory } from './peers/python.ts'
import { digits, ratioOf, spreadOf, spreadText } from './spread.ts'

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '7' },
    threads: { type: 'string', default: String(availableParallelism()) },
    engine: { type: 'string', default: 'cpu' },
    peak: { type: 'string' },
  },
})

/** Steps before measuring; their values say whether both sides compute the same. */
const warmUp = 6

const measured = (['cpu', 'webgpu', 'cuda'] as const).find(name => name === options.engine)
const { available, detail } =
  measured === undefined ? { available: false, detail: 'cpu, webgpu and cuda are measured' } : await tryEngine(measured)
if (!available) {
  console.error(`--engine ${options.engine} cannot be measured here: ${detail}`)
  process.exit(2)
}

/** The device of PyTorch. */
const device = options.engine === 'cpu' ? 'cpu' : 'cuda'

/** Forms of PyTorch's side: how its layers are computed, and whether its models are written simply or, `+rows`, by hand. */
const formsOf = ({ task }: Case): readonly string[] =>
  task.kind === 'encode' || task.kind === 'train-openclip'
    ? ['conv', 'plain', 'conv+rows', 'plain+rows']
    : ['conv', 'plain']

async function startPeers(
  folder: string,
  python: string | undefined,
  forms: readonly string[],
): Promise<readonly Peer[]> {
  const script = join(import.meta.dirname, 'peers/engine_terroir.js')
  const own = await startPeer('terroir', process.execPath, {
    parameters: [script, folder, options.threads, options.engine],
  })
  if (python === undefined) return [own]
  // Node runs compiled files; the script for Python stays where it was written.
  const torch = resolve(import.meta.dirname, '../../bench/peers/engine_torch.py')
  const others = forms.map(form =>
    startPeer(`PyTorch (${form})`, python, {
      parameters: [torch, folder, options.threads, form, device],
      env: keepMemory,
    }),
  )
  return [own, ...(await Promise.all(others))]
}

/** Seconds outside the session at the first call of a process that finds the step of an earlier one on disk. */
async function cachedSeconds(folder: string): Promise<number> {
  let seconds = Number.NaN
  for (let i = 0; i < 2; i++) {
    const [peer] = await startPeers(folder, undefined, [])
    seconds = (await peer?.turn(1))?.outsideSeconds ?? Number.NaN
    await peer?.end()
  }
  return seconds
}

interface Measured {
  readonly peer: string
  readonly turns: readonly Turn[]
  readonly firstValues: readonly number[]
  readonly compileSeconds: number
  readonly memory: number | undefined
}

/** Every peer in turn, forwards in one round and backwards in the next. */
async function measure({ turn }: Case, peers: readonly Peer[]): Promise<readonly Measured[]> {
  const turns = new Map<Peer, Turn[]>(peers.map(peer => [peer, []]))
  const first = new Map<Peer, Turn>()
  const warm = new Map<Peer, Turn>()
  for (const peer of peers) {
    first.set(peer, await peer.turn(1))
    warm.set(peer, await peer.turn(warmUp - 1))
  }
  for (let round = 0; round < Number(options.rounds); round++)
    for (const peer of round % 2 === 0 ? peers : [...peers].reverse()) {
      // Whoever waited finds others' arrays in the caches; how it goes on is measured, not how it comes back.
      await peer.turn(1)
      turns.get(peer)?.push(await peer.turn(turn))
    }
  return Promise.all(
    peers.map(async peer => ({
      peer: peer.name,
      turns: turns.get(peer) ?? [],
      firstValues: [first, warm].flatMap(turn => turn.get(peer)?.values ?? []),
      compileSeconds: first.get(peer)?.outsideSeconds ?? Number.NaN,
      memory: await peer.peakMemory(),
    })),
  )
}

const perStep = ({ turn }: Case, { turns }: Measured, what: 'seconds' | 'cpuSeconds' | 'outsideSeconds') =>
  spreadOf(turns.map(one => ((one[what] ?? Number.NaN) * 1000) / turn))

/** Largest difference of the values over the largest value. */
function difference(a: readonly number[], b: readonly number[]): number {
  const largest = Math.max(...a.map(Math.abs))
  return Math.max(...a.map((value, i) => Math.abs(value - (b[i] ?? Number.NaN)))) / largest
}

function compare(own: Measured, peer: Measured) {
  const ratio = (what: 'seconds' | 'cpuSeconds') =>
    ratioOf(
      peer.turns.map(turn => turn[what]),
      own.turns.map(turn => turn[what]),
    )
  const differ = difference(own.firstValues, peer.firstValues)
  if (!(differ < 1e-3)) throw new Error(`terroir and ${peer.peer} compute different things: values differ by ${differ}`)
  return { peer: peer.peer, speed: ratio('seconds'), work: ratio('cpuSeconds'), difference: differ }
}

const mebibytes = (bytes: number | undefined) => (bytes === undefined ? undefined : Math.round(bytes / 2 ** 20))

async function benchmark(benchCase: Case, python: string | undefined) {
  const folder = await mkdtemp(join(tmpdir(), 'terroir-bench-'))
  try {
    await writeCase(folder, benchCase)
    const peers = await startPeers(folder, python, formsOf(benchCase))
    try {
      const [own, ...others] = await measure(benchCase, peers)
      if (own === undefined) throw new Error('No peer was measured')
      const step = perStep(benchCase, own, 'seconds')
      const [flops, products] = [Number(await peers[0]?.ask('flops')), Number(await peers[0]?.ask('products'))]
      const flopsPerSecond = (flops * 1000) / step.median
      const fastest = (among: readonly Measured[]) =>
        [...among].sort((a, b) => perStep(benchCase, a, 'seconds').median - perStep(benchCase, b, 'seconds').median)[0]
      const isByHand = ({ peer }: Measured) => peer.includes('+')
      const [best, byHand] = [others.filter(peer => !isByHand(peer)), others.filter(isByHand)].map(fastest)
      return {
        name: benchCase.name,
        imagesPerSecond: (benchCase.images * 1000) / step.median,
        stepMilliseconds: step,
        gigaflopsPerSecond: flopsPerSecond / 1e9,
        shareOfProducts: flopsPerSecond / products,
        ...(options.peak !== undefined && { shareOfPeak: flopsPerSecond / (Number(options.peak) * 1e12) }),
        compileSeconds: own.compileSeconds,
        cachedCompileSeconds: await cachedSeconds(folder),
        overheadMilliseconds: perStep(benchCase, own, 'outsideSeconds').median,
        memoryMebibytes: mebibytes(own.memory),
        peers: others.map(peer => ({
          name: peer.peer,
          stepMilliseconds: perStep(benchCase, peer, 'seconds'),
          memoryMebibytes: mebibytes(peer.memory),
        })),
        best: best && compare(own, best),
        byHand: byHand && compare(own, byHand),
      }
    } finally {
      await Promise.all(peers.map(peer => peer.end()))
    }
  } finally {
    await rm(folder, { recursive: true })
  }
}

const comparison = ({ peer, speed, work, difference }: ReturnType<typeof compare>) =>
  `  speed over ${peer}: ${spreadText(speed)} by the clock, ${spreadText(work)} by processor time; values within ${difference.toExponential(0)}`

function report({ about }: Case, result: Awaited<ReturnType<typeof benchmark>>): string {
  const { best, byHand } = result
  const peak = result.shareOfPeak === undefined ? '' : `, ${digits(result.shareOfPeak)} of ${options.peak} TFLOP/s`
  const lines = [
    `${result.name}: ${about}`,
    `  terroir  ${digits(result.imagesPerSecond)} images/s, ${spreadText(result.stepMilliseconds)} ms a step, ${result.memoryMebibytes} MiB`,
    `           ${digits(result.gigaflopsPerSecond)} GFLOP/s, ${digits(result.shareOfProducts)} of what large matrix products alone reach on it${peak}`,
    `           trace and compile ${digits(result.compileSeconds)} s, ${digits(result.cachedCompileSeconds)} s where cached on disk, ${digits(result.overheadMilliseconds)} ms a call outside the session`,
    ...result.peers.map(
      peer => `  ${peer.name}  ${spreadText(peer.stepMilliseconds)} ms a step, ${peer.memoryMebibytes} MiB`,
    ),
    ...[best, byHand].flatMap(one => (one === undefined ? [] : [comparison(one)])),
    ...(byHand === undefined
      ? []
      : [
          `           '+rows' is a model written so that its last blocks compute pooled tokens alone; terroir finds that in one written simply`,
        ]),
  ]
  return lines.join('\n')
}

const python = await findPython(device === 'cpu' ? undefined : 'numpy, torch; assert torch.cuda.is_available()')
if (python === undefined && device !== 'cpu')
  console.log(
    'No PyTorch that finds a CUDA device was found, so only this engine is measured; name an interpreter that has one in PYTHON',
  )
else if (python === undefined)
  console.log(
    'PyTorch was not found, so only this engine is measured; install it (on Debian: apt install python3-torch libopenblas0-pthread) or name an interpreter that has it in PYTHON',
  )
const [load = 0] = loadavg()
if (load > 0.5)
  console.log(
    `Other work keeps ${load.toFixed(1)} processors busy: PyTorch's threads, which wait actively for each other, then lose far more time than terroir's`,
  )
const results = []
for (const benchCase of cases) {
  if (positionals.length > 0 && !positionals.includes(benchCase.name)) continue
  const result = await benchmark(benchCase, python)
  results.push(result)
  console.log(`${report(benchCase, result)}\n`)
}
if (options.json)
  console.log(
    JSON.stringify({ bench: 'engine', engine: options.engine, threads: Number(options.threads), cases: results }),
  )
