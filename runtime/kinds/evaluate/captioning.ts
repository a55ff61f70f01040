/** Stage `captioning`: captions that the model writes, beside those of the data (docs/protocol.md). */

import { createWriteStream } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { finished } from 'node:stream/promises'
import { DataFault } from '../../../dsl/diagnostics/faults.ts'
import { readIndex, readPixels } from '../../data/dataset.ts'
import type { Sample } from '../../data/sample.ts'
import { captionContributions, scoreCaptions, wordCount } from '../../evaluate/captioning.ts'
import { intervalNote, intervalText } from '../../evaluate/exhibits.ts'
import { mean, percent } from '../../evaluate/percent.ts'
import { createModelCaptioner, imageKeyStep } from '../../model/captions.ts'
import { gridSide } from '../../model/config.ts'
import { crossBlocks, type DecodeInputs, decodeStep, textBlocks } from '../../model/decode_step.ts'
import { inputFormatOf } from '../../model/input_format.ts'
import { readModel, requireMammut } from '../../model/model_folder.ts'
import { networkOf } from '../../model/network.ts'
import type { TokenDecoding } from '../../model/sampling.ts'
import type { StageContext, StageResult } from '../context.ts'
import { engineOf } from '../engine.ts'
import type { Exhibit } from '../exhibit.ts'
import { recordIntervals, unitOf } from '../intervals.ts'
import { type TilesFrom, writeTiles } from '../pictures.ts'
import {
  floatType,
  intType,
  type ListSteps,
  mammutOf,
  pairTypes,
  printableStep,
  weightTypes,
} from '../printable_step.ts'

/** Images of a batch. */
const imagesTogether = 64

const shownImages = 12

const hasCaptions = ({ captions }: Sample): boolean => captions.length > 0

/**
 * Writes a caption for every captioned image of a split into `captions.jsonl` (key, caption, references, rouge_l), and
 * the protocol and the scores into `captioning.json`.
 *
 * Metrics: `rouge_l` and `shuffled_rouge_l`, its value where images are mixed up, in percent; `words`, the mean length;
 * `distinct_share` of the captions.
 */
export async function run(context: StageContext<'captioning'>): Promise<StageResult> {
  const { params, inputs, out, report, signal } = context
  const model = requireMammut(await readModel(inputs.model.folder, { weights: params.weights }), 'Captioning')
  const { folder, split } = inputs.data
  const indexed = await readIndex(folder, split)
  const samples = indexed.filter(hasCaptions)
  if (samples.length === 0)
    throw new DataFault(`The ${indexed.length} images of '${folder}' have no captions to compare with`, {
      hint: 'caption the dataset first',
    })
  const uncaptioned = indexed.length - samples.length
  if (uncaptioned > 0)
    report.warn(`Left out of captioning, without a caption: ${uncaptioned} of ${indexed.length} images`)
  const decoding = decodingOf(params)
  const { imageSize: size, preprocessing } = model.network
  const from: TilesFrom = { folder, split, size, filter: preprocessing.filter }
  const captioner = createModelCaptioner(model, {
    engine: await engineOf(context),
    batchSize: imagesTogether,
    decoding,
  })
  const captions: string[] = []
  try {
    for await (const { pixels } of readPixels(folder, { ...from, only: hasCaptions })) {
      signal.throwIfAborted()
      captions.push(...(await captioner.caption(pixels, captions.length)))
      report.progress({ done: captions.length, total: samples.length, unit: 'captions' })
    }
  } finally {
    await captioner.dispose()
  }
  const scores = scoreCaptions(
    captions,
    samples.map(sample => sample.captions),
  )
  const [rouge, shuffled] = [percent(mean(scores.rougeL)), percent(mean(scores.shuffled))]
  const words = captions.map(wordCount)
  const { intervals, units } = recordIntervals(out, captionContributions(scores, { words, units: samples.map(unitOf) }))
  await writeCaptions(out, { samples, captions, scores: scores.rougeL })
  const protocol = {
    split: split ?? 'all',
    images: samples.length,
    units,
    references: samples.reduce((sum, sample) => sum + sample.captions.length, 0),
    uncaptioned,
    weights: params.weights ?? 'average',
    decoding,
    rougeL:
      'F-measure at beta 1.2 of lower-case words without punctuation, best reference of each image, mean over images',
    ...inputFormatOf(model.network),
  }
  const metrics = {
    rouge_l: rouge,
    shuffled_rouge_l: shuffled,
    words: Number(mean(words).toFixed(2)),
    distinct_share: Number((new Set(captions).size / captions.length).toFixed(4)),
  }
  await writeFile(join(out, 'captioning.json'), `${JSON.stringify({ protocol, metrics, intervals }, null, 2)}\n`)
  return {
    metrics,
    intervals,
    summary: `ROUGE-L ${rouge.toFixed(2)} % (images mixed up ${shuffled.toFixed(2)} %), ${new Set(captions).size} distinct captions of ${captions.length}`,
    exhibits: [
      {
        kind: 'table',
        title: 'Captions',
        note: `${samples.length} images. ${intervalNote(units)} ROUGE-L is that of the best reference; mixed up, each caption is compared with the references of the next image.`,
        columns: ['Measure', 'Value', '95 % interval'],
        rows: [
          ['ROUGE-L in percent', rouge, intervalText(intervals.rouge_l)],
          ['ROUGE-L with images mixed up', shuffled, intervalText(intervals.shuffled_rouge_l)],
          ['Words of a caption', metrics.words, intervalText(intervals.words)],
          ['Share of distinct captions', metrics.distinct_share, ''],
        ],
      },
      await examples(out, { from, samples, captions, scores: scores.rougeL }),
    ],
  }
}

function decodingOf({ decoding, seed = 0 }: StageContext<'captioning'>['params']): TokenDecoding {
  if (decoding.kind === 'greedy') return decoding
  return { kind: decoding.kind, topP: decoding.top_p, temperature: decoding.temperature, seed }
}

interface Written {
  readonly samples: readonly Sample[]
  readonly captions: readonly string[]
  readonly scores: readonly number[]
}

async function writeCaptions(out: string, { samples, captions, scores }: Written): Promise<void> {
  const file = createWriteStream(join(out, 'captions.jsonl'))
  for (const [image, { key, captions: references }] of samples.entries()) {
    const rouge = Number((scores[image] ?? 0).toFixed(4))
    file.write(`${JSON.stringify({ key, caption: captions[image], references, rouge_l: rouge })}\n`)
  }
  file.end()
  await finished(file)
}

/** Images at even steps through the split, not chosen by how well they do. */
async function examples(out: string, { from, ...written }: Written & { readonly from: TilesFrom }): Promise<Exhibit> {
  const { samples, captions, scores } = written
  const count = Math.min(shownImages, samples.length)
  const shown = Array.from({ length: count }, (_, i) => Math.floor(((i + 0.5) * samples.length) / count))
  const files = await writeTiles(out, from, new Set(shown.flatMap(image => samples[image]?.key ?? [])))
  return {
    kind: 'figures',
    title: 'Images and their captions',
    note: 'Images at even steps through the split, not picked by result: the caption that the model wrote, and the first of the data.',
    items: shown.map(image => ({
      image: files.get(samples[image]?.key ?? '') ?? '',
      lines: [captions[image] ?? '', `data: ${samples[image]?.captions[0] ?? ''}`],
      tag: { text: `ROUGE-L ${percent(scores[image] ?? 0).toFixed(0)} %`, tone: 'neutral' },
    })),
  }
}

/** The steps of captioning: the image, and one token. */
export const steps: ListSteps<'captioning'> = async ({ config: sizes }) => {
  const config = mammutOf(sizes)
  const network = networkOf(config)
  const weights = weightTypes(network)
  const { width, heads, contextLength } = config.text
  const keyValues = (tokens: number) => {
    const type = floatType(imagesTogether, heads, tokens, width / heads)
    return { keys: type, values: type }
  }
  const of = (blocks: readonly string[], tokens: number) =>
    Object.fromEntries(blocks.map(name => [name, keyValues(tokens)]))
  const inputs = {
    tokens: intType(imagesTogether),
    position: intType(1),
    mask: floatType(1, 1, 1, contextLength - 1),
    past: of(textBlocks(config), contextLength - 1),
    image: of(crossBlocks(config), gridSide(config) ** 2),
    weights,
  }
  const invariant = ['weights']
  return [
    printableStep(`keys and values of ${imagesTogether} images`, imageKeyStep(config), {
      inputs: { images: pairTypes(network, imagesTogether).images, weights },
      invariant,
    }),
    printableStep(`next token of ${imagesTogether} captions`, (given: DecodeInputs) => decodeStep(given, config), {
      inputs,
      invariant,
    }),
  ]
}
