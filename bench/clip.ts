/**
 * Trains a plain CLIP in PyTorch for a time on the first dataset that a recipe trained on, and judges both alike:
 * `clip.js [--json] [--minutes N] [--seed N] [--rate R] [--crop C] [--store DIR] [--set PATH=VALUE] [RECIPE]`. The recipe has run.
 *
 * The peer sees the same images, captions and tokens, in crops, mirrors and quarter turns; AdamW, warm-up and a cosine.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { execa } from 'execa'
import type { Stage } from '../dsl/compile/plan.ts'
import { loadPlan } from '../runtime/app/recipe.ts'
import { loadPixels, readIndex } from '../runtime/data/dataset.ts'
import { readTokenizer } from '../runtime/data/read_tokenizer.ts'
import { endId, type Tokenizer } from '../runtime/data/tokenizer.ts'
import { bootstrap } from '../runtime/evaluate/bootstrap.ts'
import { classEmbeddings, classification, scoreAnswers } from '../runtime/evaluate/classification.ts'
import { intervalsOf } from '../runtime/evaluate/confidence.ts'
import {
  type Contributions,
  classificationContributions,
  retrievalContributions,
} from '../runtime/evaluate/intervals.ts'
import { byRecall, recallsOf, retrieval } from '../runtime/evaluate/retrieval.ts'
import { type OpenClipConfig, openClipShapes } from '../runtime/model/openclip_config.ts'
import { channelDeviation, channelMean } from '../runtime/model/standardize.ts'
import { findResults } from '../runtime/schedule/select.ts'
import { openStore, storeFolder } from '../runtime/store/store.ts'
import { isDecayed } from '../runtime/train/adamw.ts'
import { findPython, keepMemory } from './peers/python.ts'

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    minutes: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    rate: { type: 'string', default: '0.001' },
    crop: { type: 'string', default: '0.5' },
    store: { type: 'string' },
    set: { type: 'string', multiple: true, default: [] },
  },
})

const stored = 96
const threads = availableParallelism()

const python = await findPython()
if (python === undefined)
  throw new Error('PyTorch was not found; on Debian: apt install python3-torch libopenblas0-pthread')
const { plan } = await loadPlan(positionals[0] ?? 'recipes/rsicd_laptop.yaml', { set: options.set })
const results = await findResults(plan, openStore(storeFolder(options.store)))

function folderOf(stage: string): string {
  const found = results.get(stage)
  if (found === undefined) throw new Error(`'${stage}' has no result; run the recipe first`)
  return found.folder
}

function inputOf({ id, inputs }: Stage, role: string): { readonly folder: string; readonly split?: string } {
  const input = inputs[role]
  if (input === undefined) throw new Error(`'${id}' has no input '${role}'`)
  return { ...input, folder: folderOf(input.stage) }
}

const training = plan.stages.find(({ kind }) => kind === 'train')
if (training === undefined) throw new Error('The recipe trains nothing')
const tokenizer = await readTokenizer(join(inputOf(training, 'tokenizer').folder, 'tokenizer.json'))
const model = training.params.model as {
  readonly image_size: number
  readonly text: { readonly context_length: number }
}
const config: OpenClipConfig = {
  kind: 'openclip',
  embedDim: 192,
  quickGelu: false,
  vision: { imageSize: model.image_size, patchSize: 8, width: 192, layers: 6, heads: 3, mlpRatio: 4 },
  text: {
    contextLength: model.text.context_length,
    vocabSize: tokenizer.vocabSize + 1,
    width: 192,
    layers: 4,
    heads: 3,
    mlpRatio: 4,
  },
}

/** CLIP takes a text's features where the highest token stands, so the end gets the last number. */
function tokensOf(texts: readonly string[], of: Tokenizer): Int32Array {
  const tokens = of.encodeBatch(texts, { contextLength: config.text.contextLength })
  return tokens.map(token => (token === endId ? of.vocabSize : token))
}

/** A set that is judged: its texts, and the table row that embeddings give. */
interface Judged {
  readonly name: string
  readonly own: string
  readonly texts: readonly string[]
  readonly data: { readonly folder: string; readonly split?: string | undefined }
  readonly only: (label: string) => boolean
  readonly score: (embedded: Embedded) => Promise<readonly Row[]>
}

interface Embedded {
  readonly images: Float32Array
  readonly texts: Float32Array
}

interface Row {
  readonly metric: string
  readonly value: number
  readonly low: number
  readonly high: number
}

const row = (metric: string, value: number, { low, high }: { readonly low: number; readonly high: number }): Row => ({
  metric,
  value,
  low: Number(low.toFixed(2)),
  high: Number(high.toFixed(2)),
})

const dim = config.embedDim
const ties = 'expected'

/** Each image is a unit of its own. */
const names = (count: number): readonly string[] => Array.from({ length: count }, (_, image) => String(image))

const intervalIn = ({ sums, measures, most }: Contributions, name: string) =>
  intervalsOf(bootstrap(sums, measures), { most })[name] ?? { low: 0, high: 0 }

async function judgedBy(stage: Stage): Promise<readonly Judged[]> {
  if (stage.kind !== 'retrieval' && stage.kind !== 'classification') return []
  const data = inputOf(stage, 'data')
  const folder = folderOf(stage.id)
  if (stage.kind === 'retrieval') {
    const captions = (await readIndex(data.folder, data.split)).map(sample => sample.captions)
    const owner = Int32Array.from(captions.flatMap((texts, image) => texts.map(() => image)))
    const own = await readFile(join(folder, 'retrieval.json'), 'utf8')
    const score = async (embedded: Embedded) => {
      const scores = await retrieval({ ...embedded, owner, dim }, { threads })
      return [
        row(
          'mean_recall',
          recallsOf(scores, ties).mean_recall,
          intervalIn(
            retrievalContributions(scores, { owner, ties, units: names(captions.length), chance: byRecall([], 1) }),
            'mean_recall',
          ),
        ),
      ]
    }
    return [{ name: stage.id, own, texts: captions.flat(), data, only: () => true, score }]
  }
  const own = await readFile(join(folder, 'classification.json'), 'utf8')
  const { classes, templates, classNames } = (JSON.parse(own) as { protocol: ClassificationProtocol }).protocol
  const prompts = classes.flatMap(name => templates.map(text => text.replaceAll('{}', classNames[name] ?? name)))
  const samples = await readIndex(data.folder, data.split)
  const labels = Int32Array.from(samples, ({ label }) => classes.indexOf(label)).filter(label => label >= 0)
  const score = async ({ images, texts }: Embedded) => {
    const embedded = classEmbeddings(texts, { templates: templates.length, dim })
    const answers = await classification({ images, classes: embedded, labels, names: classes, dim }, { threads })
    const { metrics } = scoreAnswers(answers, { names: classes, ties })
    return [
      row(
        'top1',
        metrics.top1,
        intervalIn(classificationContributions(answers, { ties, units: names(labels.length) }), 'top1'),
      ),
    ]
  }
  return [{ name: stage.id, own, texts: prompts, data, only: label => classes.includes(label), score }]
}

interface ClassificationProtocol {
  readonly classes: readonly string[]
  readonly templates: readonly string[]
  readonly classNames: { readonly [label: string]: string }
}

const file = (name: string) => join(folder, name)
const bytes = (array: Uint8Array | Int32Array) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength)

async function writeTask(judged: readonly Judged[], { folder: from, split }: Judged['data']): Promise<void> {
  const { samples, pixels } = await loadPixels(from, { split, size: stored })
  const begins = [0]
  for (const { captions } of samples) begins.push((begins.at(-1) ?? 0) + captions.length)
  await writeFile(file('images.bin'), pixels)
  await writeFile(file('captions.bin'), bytes(Int32Array.from(begins)))
  await writeFile(
    file('tokens.bin'),
    bytes(
      tokensOf(
        samples.flatMap(({ captions }) => captions),
        tokenizer,
      ),
    ),
  )
  for (const [i, { data, texts, only }] of judged.entries()) {
    const seen = await loadPixels(data.folder, { split: data.split, size: model.image_size })
    const area = 3 * model.image_size ** 2
    const kept = seen.samples.flatMap(({ label }, at) =>
      only(label) ? [seen.pixels.subarray(at * area, (at + 1) * area)] : [],
    )
    await writeFile(file(`set${i}.images.bin`), Buffer.concat(kept))
    await writeFile(file(`set${i}.tokens.bin`), bytes(tokensOf(texts, tokenizer)))
  }
  const shapes = openClipShapes(config)
  const task = {
    config,
    shapes,
    decaying: Object.keys(shapes).filter(name => isDecayed(name, shapes[name] ?? [])),
    stored,
    batch: 128,
    crop: Number(options.crop),
    seed: Number(options.seed),
    learningRate: Number(options.rate),
    weightDecay: 0.1,
    warmUp: 0.1,
    mean: channelMean,
    deviation: channelDeviation,
    sets: judged.map((_, i) => `set${i}`),
  }
  await writeFile(file('case.json'), JSON.stringify(task))
}

const folder = await mkdtemp(join(tmpdir(), 'terroir-clip-'))
try {
  const judged = (await Promise.all(plan.stages.filter(({ id }) => results.has(id)).map(judgedBy))).flat()
  await writeTask(judged, inputOf(training, 'data.0'))
  const script = resolve(import.meta.dirname, '../../bench/peers/clip_torch.py')
  const { stdout } = await execa(python, [script, folder, String(threads), options.minutes], {
    env: keepMemory,
    stderr: 'inherit',
  })
  const { samples, loss } = JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}') as { samples: number; loss: number }
  console.log(`PyTorch: ${samples.toLocaleString('en')} pairs in ${options.minutes} minutes, loss ${loss.toFixed(2)}`)
  const floatsIn = async (name: string) => {
    const content = await readFile(file(name))
    return new Float32Array(content.buffer.slice(content.byteOffset, content.byteOffset + content.byteLength))
  }
  const table = []
  for (const [i, { name, own, score }] of judged.entries()) {
    const scored = await score({
      images: await floatsIn(`set${i}.images.f32`),
      texts: await floatsIn(`set${i}.texts.f32`),
    })
    const { recalls, metrics, intervals } = JSON.parse(own) as {
      readonly recalls?: Readonly<Record<string, number>>
      readonly metrics?: Readonly<Record<string, number>>
      readonly intervals: Readonly<Record<string, { readonly low: number; readonly high: number }>>
    }
    for (const peer of scored) {
      const { metric } = peer
      const terroir = row(
        metric,
        (recalls ?? metrics)?.[metric] ?? Number.NaN,
        intervals[metric] ?? { low: 0, high: 0 },
      )
      table.push({ evaluation: name, metric, terroir, peer, ratio: terroir.value / peer.value })
      const text = ({ value, low, high }: Row) => `${value.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})`
      console.log(`${name}.${metric}: terroir ${text(terroir)}, PyTorch ${text(peer)}`)
    }
  }
  if (options.json)
    console.log(JSON.stringify({ bench: 'clip', minutes: Number(options.minutes), samples, loss, table }))
} finally {
  await rm(folder, { recursive: true })
}
