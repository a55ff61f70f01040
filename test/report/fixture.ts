/** A run that looks like the quickstart's: pictures cut from the embedded imagery, numbers made up. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import type { Plan, Stage } from '../../dsl/compile/plan.ts'
import { createRandom } from '../../runtime/data/random.ts'
import { confusionTable, localisationTable, recallTable } from '../../runtime/evaluate/exhibits.ts'
import { byRecall } from '../../runtime/evaluate/retrieval.ts'
import { retrievalCeiling, retrievalChance } from '../../runtime/evaluate/retrieval_bounds.ts'
import { byTieRule } from '../../runtime/evaluate/ties.ts'
import type { Exhibit, Figure, Heat } from '../../runtime/kinds/exhibit.ts'
import type { Results } from '../../runtime/report/mod.ts'
import type { Result } from '../../runtime/store/store.ts'
import { projectRoot } from '../support.ts'

const globe = (file: string) => join(projectRoot, 'node_modules/three-globe/example/img', file)
const stage = (id: string, kind: string, inputs: readonly string[], path: readonly string[]): Stage => ({
  id,
  kind,
  path,
  version: 1,
  params: {},
  settings: {},
  inputs: Object.fromEntries(inputs.map((name, index) => [`input${index}`, { stage: name }])),
  externals: [],
  files: {},
  needs: { slots: 1, memory: 0 },
  key: id,
})
const mix = 'pretrain.mix'

/** A plan of the shape the quickstart compiles to. */
export const plan: Plan = {
  name: 'quickstart',
  description: 'Curriculum training, zero-shot evaluation and self-distilled localisation on NASA Blue Marble',
  engine: 'cpu',
  stages: [
    stage('landmarks', 'landmarks', [], ['sources', 'landmarks']),
    stage('landmarks.captions', 'caption', ['landmarks'], ['sources', 'landmarks']),
    stage('web', 'crawl', [], ['sources', 'web']),
    stage('plausible', 'rules', ['web'], ['filters', 'plausible']),
    stage('overhead', 'classifier', ['plausible'], ['filters', 'overhead']),
    stage('unique', 'dedup', ['overhead'], ['filters', 'unique']),
    stage('clean', 'decontaminate', ['unique', 'landmarks.captions'], ['filters', 'clean']),
    stage('mammut.tokenizer', 'tokenizer', ['landmarks.captions', 'clean'], ['models', 'mammut']),
    stage('pretrain.web', 'train', ['plausible', 'mammut.tokenizer'], ['train', 'pretrain']),
    stage('pretrain.rs-web', 'train', ['pretrain.web', 'clean', 'mammut.tokenizer'], ['train', 'pretrain']),
    stage('pretrain.landmarks', 'train', ['pretrain.rs-web', 'landmarks.captions'], ['train', 'pretrain']),
    stage(mix, 'train', ['pretrain.landmarks', 'landmarks.captions', 'clean'], ['train', 'pretrain']),
    stage('localise.1', 'distill', [mix, 'landmarks.captions'], ['distill', 'localise']),
    stage('localise.2', 'distill', ['localise.1', 'landmarks.captions'], ['distill', 'localise']),
    stage('retrieval', 'retrieval', [mix, 'landmarks.captions'], ['evaluate', 'retrieval']),
    stage('kinds', 'classification', [mix, 'landmarks.captions'], ['evaluate', 'kinds']),
    stage('water_attention', 'localisation', [mix, 'landmarks.captions'], ['evaluate', 'water_attention']),
    stage('water_sao', 'localisation', [mix, 'landmarks.captions'], ['evaluate', 'water_sao']),
    stage('water_round_2', 'localisation', ['localise.2', 'landmarks.captions'], ['evaluate', 'water_round_2']),
  ],
  claims: [
    {
      name: 'retrieval_learns',
      stage: 'retrieval',
      metric: 'mean_recall',
      atLeast: 10,
      tolerance: 0,
      origin: 'about 10 times chance at this scale',
    },
    {
      name: 'filter_works',
      stage: 'overhead',
      metric: 'f1',
      atLeast: 0.9,
      tolerance: 0,
      origin: 'this project\u2019s target',
    },
    {
      name: 'smoothing_helps',
      stage: 'water_sao',
      metric: 'mean_iou',
      expect: 62,
      tolerance: 2,
      origin: 'paper, table 5 <SAO & raw>',
    },
    {
      name: 'rounds_help',
      stage: 'water_round_2',
      metric: 'mean_iou',
      atLeast: 60,
      tolerance: 0,
      origin: 'paper, figure 4',
    },
  ],
}

const places = [
  { name: 'Nile Delta', kind: 'river delta', lon: 31, lat: 31 },
  { name: 'Caspian Sea', kind: 'lake', lon: 50.5, lat: 41 },
  { name: 'Horn of Africa', kind: 'peninsula', lon: 50, lat: 10.5 },
  { name: 'Florida', kind: 'peninsula', lon: -81.5, lat: 26.5 },
  { name: 'Lake Victoria', kind: 'lake', lon: 33, lat: -1 },
  { name: 'Gulf of Carpentaria', kind: 'gulf', lon: 139.5, lat: -14.5 },
  { name: 'Sinai', kind: 'desert', lon: 34, lat: 29 },
  { name: 'Baffin Bay', kind: 'bay', lon: -62, lat: 72 },
  { name: 'Sumatra', kind: 'island', lon: 101, lat: 0 },
  { name: 'Kamchatka', kind: 'peninsula', lon: 159, lat: 56 },
] as const

const gridSide = 8

/** Encoded pictures of every place, cut once: the imagery is large. */
const cuts = Promise.all([
  sharp(globe('earth-blue-marble.jpg')).raw().toBuffer({ resolveWithObject: true }),
  sharp(globe('earth-water.png')).extractChannel(0).resize(4096, 2048).raw().toBuffer({ resolveWithObject: true }),
]).then(([photo, water]) =>
  Promise.all(
    places.map(async ({ name, lon, lat }) => {
      const centre = { left: Math.round((lon + 180) * 11.37), top: Math.round((90 - lat) * 11.37) }
      const region = { left: centre.left - 40, top: centre.top - 40, width: 80, height: 80 }
      const image = await sharp(photo.data, { raw: photo.info }).extract(region).jpeg({ quality: 90 }).toBuffer()
      const mask = await sharp(water.data, { raw: water.info })
        .extract(region)
        .threshold(128)
        .toColourspace('b-w')
        .png()
        .toBuffer()
      const grid = await sharp(mask).resize(gridSide, gridSide).extractChannel(0).raw().toBuffer()
      return { file: name.toLowerCase().replaceAll(' ', '-'), image, mask, grid }
    }),
  ),
)

/** Writes the pictures of every place into a folder. */
const writeTiles = async (folder: string) =>
  Promise.all(
    (await cuts).map(async ({ file, image, mask, grid }) => {
      await writeFile(join(folder, `${file}.jpg`), image)
      await writeFile(join(folder, `${file}.water.png`), mask)
      return { image: `${file}.jpg`, mask: `${file}.water.png`, grid }
    }),
  )

function heat(grid: Uint8Array, noise: number, seed: number): Heat {
  const random = createRandom(seed, 'heat')
  return {
    rows: gridSide,
    columns: gridSide,
    values: Array.from(grid, value => value / 255 - 0.5 + random.between(-noise, noise)),
  }
}

function loss(seed: number, from: number, to: number, steps: number): readonly (readonly [number, number])[] {
  const random = createRandom(seed, 'loss')
  return Array.from({ length: steps }, (_, step) => [
    step * 64,
    to + (from - to) * Math.exp((-3 * step) / steps) + random.between(-0.22, 0.22),
  ])
}

/** Writes the folders of all stages but the last below `root`. */
export async function makeResults(root: string): Promise<Results> {
  const results = new Map<string, Result>()
  for (const { id, kind } of plan.stages.slice(0, -1)) {
    const folder = join(root, id)
    await mkdir(folder, { recursive: true })
    const tiles = await writeTiles(folder)
    const shown = show(id, tiles)
    results.set(id, {
      folder,
      manifest: {
        key: id,
        id,
        kind,
        version: 1,
        metrics: {},
        engine: 'cpu',
        seconds: 1 + id.length ** 2 / 9,
        warnings: [],
        files: {},
        digest: '',
        exhibits: [],
        ...shown,
      },
    })
  }
  return results
}

type Tile = Awaited<ReturnType<typeof writeTiles>>[number]

interface Shown {
  readonly summary: string
  readonly metrics?: { readonly [name: string]: number }
  readonly exhibits?: readonly Exhibit[]
  readonly warnings?: readonly string[]
}

const tileFigures = (tiles: readonly Tile[], lines: (index: number) => readonly string[]): Figure[] =>
  tiles.map(({ image }, index) => ({ image, lines: lines(index) }))

const placeOf = (index: number) => places[index] ?? places[0]

function show(id: string, tiles: readonly Tile[]): Shown {
  switch (id) {
    case 'landmarks':
      return {
        summary: '3,214 tiles of 536 landmarks, 96 of them held out',
        metrics: { tiles: 3214, landmarks: 536, water_share: 0.4127 },
        exhibits: [
          {
            kind: 'figures',
            title: 'Tiles',
            note: 'Each ground size shows its landmark whole; coasts lie where the masks say.',
            items: tileFigures(tiles, index => [placeOf(index).name, `${placeOf(index).kind}, 600 km`]),
          },
        ],
        warnings: ['Tile "Baffin Bay/3" is wider than the imagery & was narrowed'],
      }
    case 'landmarks.captions':
      return {
        summary: '9,642 captions, 8,911 of them different',
        metrics: { captions: 9642, distinct_share: 0.9242 },
        exhibits: [
          {
            kind: 'figures',
            title: 'Captions',
            note: 'Captions name what lies inside the footprint; no two say the same in the same words.',
            items: tileFigures(tiles.slice(0, 5), index => [
              `A satellite view of ${placeOf(index).name}, ${placeOf(index).kind} in the tropics, about half of it water.`,
              `${placeOf(index).name} from above <script>alert(1)</script>`,
            ]),
          },
        ],
      }
    case 'overhead':
      return {
        summary: '1,388 of 2,790 samples kept',
        metrics: { precision: 0.961, recall: 0.934, f1: 0.9473, kept: 1388 },
        exhibits: [
          {
            kind: 'figures',
            title: 'Kept and dropped',
            note: 'What is dropped should be maps and renderings, not cloudy or dark views.',
            items: tiles.map(({ image }, index) => ({
              image,
              lines: [`satellite photo no. ${index}`, `p = 0.${93 - 9 * index}`],
              tag:
                index < 5
                  ? { text: 'kept', tone: 'good' }
                  : index < 8
                    ? { text: 'dropped: map', tone: 'bad' }
                    : { text: 'unsure', tone: 'neutral' },
            })),
          },
          {
            kind: 'table',
            title: 'By origin',
            note: 'Every false positive should be rare.',
            columns: ['Origin', 'Samples', 'Kept', 'Share kept'],
            rows: [
              ['overhead view', 1432, 1337, 0.934],
              ['topographic map', 410, 22, 0.0537],
              ['night lights', 388, 17, 0.0438],
              ['chart', 280, 0, 0],
            ],
          },
        ],
      }
    case 'pretrain.web':
    case 'pretrain.rs-web':
    case 'pretrain.landmarks':
    case 'pretrain.mix': {
      const seed = id.length
      return {
        summary: '125 steps of 64 pairs at 61.2 samples/s',
        metrics: {
          loss: 3.214,
          contrastive_loss: 1.92,
          caption_loss: 1.294,
          samples_per_second: 61.2,
          logit_scale: 14.286,
        },
        exhibits: [
          {
            kind: 'curves',
            title: 'Loss',
            note: 'Both losses fall; the contrastive one starts near the logarithm of the batch size.',
            x: 'pairs seen',
            y: 'loss (nats)',
            series: [
              { name: 'contrastive', points: loss(seed, 4.15, 2.2, 125) },
              { name: 'caption', points: loss(seed + 1, 7, 1.4, 125) },
            ],
          },
          {
            kind: 'curves',
            title: 'Learning rate',
            x: 'pairs seen',
            y: 'learning rate',
            series: [
              {
                name: 'learning rate',
                points: Array.from(
                  { length: 30 },
                  (_, step) =>
                    [
                      step * 270,
                      step < 3 ? 0.001 * (step / 3) : 0.0001 + 0.0009 * Math.cos(((step - 3) / 27) * (Math.PI / 2)),
                    ] as const,
                ),
              },
            ],
          },
        ],
      }
    }
    case 'retrieval': {
      const gallery = {
        images: 480,
        texts: Array.from({ length: 1440 }, (_, text) => `caption ${text}`),
        owner: Int32Array.from({ length: 1440 }, (_, text) => Math.floor(text / 3)),
      }
      const recalls = byRecall([12.29, 33.54, 46.88, 9.31, 28.96, 41.67, 28.78], 0)
      return {
        summary: '480 images, 1,440 captions; mean recall 28.78 %, 24 times chance',
        metrics: { ...recalls, images: 480, captions: 1440 },
        exhibits: [
          recallTable({
            byRule: byTieRule(() => recalls),
            ties: 'expected',
            chance: retrievalChance(gallery, 'expected'),
            ceiling: retrievalCeiling(gallery, 'expected'),
            intervals: byRecall(
              [12.29, 33.54, 46.88, 9.31, 28.96, 41.67, 28.78].map(value => ({
                low: value * 0.86,
                high: value * 1.13,
              })),
              { low: 0, high: 0 },
            ),
            images: 480,
            texts: 1440,
            units: 96,
          }),
          {
            kind: 'strips',
            title: 'Text to image',
            note: 'The own image is marked; wrong hits should at least look alike.',
            columns: ['Query', 'First', 'Second', 'Third', 'Fourth'],
            rows: [0, 1, 2].map(row => [
              { image: '', lines: [`\u201cA satellite view of ${placeOf(row).name}, about half of it water\u201d`] },
              ...tiles.slice(row, row + 4).map(({ image }, index) => ({
                image,
                lines: [placeOf(row + index).name],
                ...(index === row && { tag: { text: 'own image', tone: 'good' as const } }),
              })),
            ]),
          },
        ],
      }
    }
    case 'kinds': {
      const names = 'lake,desert,mountains,river delta,island,rainforest,ice cap,gulf,archipelago,salt flat,bay'.split(
        ',',
      )
      const random = createRandom(1, 'confusion')
      const confusion = names.map((_, row) =>
        names.map((__, column) => (row === column ? 8 + random.below(20) : random.below(4))),
      )
      return {
        summary: 'top-1 51.04 % of 480 images in 12 classes',
        metrics: { top1: 51.04, top5: 83.33, mean_class_recall: 47.5 },
        exhibits: [confusionTable({ perClass: names.map(name => ({ name, images: 1 })), confusion })],
      }
    }
    case 'water_attention':
    case 'water_sao': {
      const metrics = { iou_water: 58.3, image_iou_water: 49.1, pointing_water: 81.25, ap_water: 74.2, mean_iou: 58.3 }
      return {
        summary: '480 images; IoU of water 58.30 %',
        metrics,
        exhibits: [
          {
            kind: 'strips',
            title: 'Maps of \u201cwater\u201d',
            note: 'Bright should lie inside the outline; smoothing removes speckle and keeps coasts.',
            columns: ['Image', 'Attention', 'SAO', 'True mask'],
            rows: tiles.slice(0, 5).map(({ image, mask, grid }, index) => [
              { image, lines: [placeOf(index).name] },
              { image, mask, heat: heat(grid, 0.6, index), lines: ['IoU 41.20'] },
              { image, mask, heat: heat(grid, 0.15, index), lines: ['IoU 63.75'] },
              { image: mask, lines: ['64 % water'] },
            ]),
          },
          localisationTable(
            [
              { name: 'Model', metrics },
              { name: 'Chance', metrics: { iou_water: 31.2, pointing_water: 44.1, ap_water: 46, mean_iou: 31.2 } },
              {
                name: 'Mean mask',
                metrics: { iou_water: 46, image_iou_water: 44, pointing_water: 60.5, ap_water: 52, mean_iou: 46 },
              },
            ],
            {
              byRule: byTieRule(() => metrics),
              intervals: { iou_water: { low: 51.4, high: 64.9 } },
              units: 96,
            },
          ),
        ],
      }
    }
    default:
      return { summary: `${id} is done.` }
  }
}
