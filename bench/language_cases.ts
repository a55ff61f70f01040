/** What the language's benchmark plans: recipes, stored results, and Snakefiles of the same graphs. */
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { execa } from 'execa'
import { openStore } from '../runtime/store/store.ts'

/** A process to measure. */
export interface Command {
  readonly file: string
  readonly parameters: readonly string[]
  readonly folder: string
}

/** One line of the benchmark. */
export interface Case {
  readonly name: string
  readonly about: string
  readonly stages: number
  /** Cells of the matrix; absent: the paper's retrieval. */
  readonly cells?: number
  readonly command: 'check' | 'plan' | 'run'
}

/** Stages that all cells share, and those of one cell. */
const [shared, ofCell] = [7, 4]

const matrix = (cells: number) => ({ cells, stages: shared + ofCell * cells })

export const cases: readonly Case[] = [
  { name: 'check-paper', about: 'check of recipes/paper/retrieval.yaml', stages: 43, command: 'check' },
  { name: 'plan-1k', about: 'plan of a matrix', command: 'plan', ...matrix(250) },
  { name: 'plan-10k', about: 'plan of a matrix', command: 'plan', ...matrix(2500) },
  { name: 'run-1k', about: 'run where everything is done', command: 'run', ...matrix(250) },
]

const program = resolve(import.meta.dirname, '../runtime/cli/main.js')
const project = resolve(import.meta.dirname, '../..')

const rates = Array.from({ length: 10 }, (_, index) => (index + 1) / 1000)
const sampleCounts = (cells: number) => Array.from({ length: cells / rates.length }, (_, index) => 1000 + 64 * index)

/** Two phases of training and two evaluations for each cell; data and tokenizer are made once. */
const recipeOf = (cells: number): string => `name: matrix
params: { rate: 0.001, samples: 1000 }
matrix:
  rate: [${rates.join(', ')}]
  samples: [${sampleCounts(cells).join(', ')}]
sources:
  places:
    kind: landmarks
    table: table.geojson
    imagery: blue-marble
    ground_sizes: [300km, 600km]
    captions: { kind: grammar }
  web: { kind: crawl, imagery: blue-marble, samples: 2k, table: table.geojson }
filters:
  plausible: { kind: rules, from: web }
  overhead: { kind: classifier, from: plausible }
  clean: { kind: decontaminate, from: overhead, against: [places.test] }
models:
  tiny:
    kind: mammut
    vision: { width: 32, layers: 2, heads: 2 }
    text: { width: 32, layers: 2, heads: 2 }
    tokenizer: { kind: bpe, from: [places, clean] }
train:
  pretrain:
    model: tiny
    phases:
      - { name: web, data: clean, samples: '\${params.samples}', learning_rate: '\${params.rate}' }
      - { name: mix, data: { places: 3, clean: 1 }, samples: 2k, learning_rate: '\${params.rate}' }
evaluate:
  retrieval: { kind: retrieval, model: pretrain, data: places.test }
  kinds: { kind: classification, model: pretrain, data: places.test, templates: ['a satellite image of {}'] }
`

const rule = (name: string, output: string, inputs: readonly string[]): string =>
  `rule ${name}:\n    input: ${inputs.map(input => `"${input}"`).join(', ')}\n    output: "${output}"\n    shell: "touch {output}"\n`

/** The same graph in Snakemake's own way to write a matrix: wildcards. */
function snakefileOf(cells: number): string {
  const cell = (stage: string) => `out/{rate}/{samples}/${stage}`
  return [
    `RATES = [${rates.join(', ')}]\nSAMPLES = [${sampleCounts(cells).join(', ')}]\n`,
    `rule all:\n    input: expand("out/{rate}/{samples}/{measure}", rate=RATES, samples=SAMPLES, measure=["retrieval", "kinds"])\n`,
    rule('tiles', 'out/tiles', ['table.geojson']),
    rule('places', 'out/places', ['out/tiles']),
    rule('web', 'out/web', ['table.geojson']),
    rule('plausible', 'out/plausible', ['out/web']),
    rule('overhead', 'out/overhead', ['out/plausible']),
    rule('clean', 'out/clean', ['out/overhead', 'out/places']),
    rule('tokenizer', 'out/tokenizer', ['out/places', 'out/clean']),
    rule('train_web', cell('web'), ['out/tokenizer', 'out/clean']),
    rule('train_mix', cell('mix'), ['out/tokenizer', cell('web'), 'out/places', 'out/clean']),
    rule('retrieval', cell('retrieval'), [cell('mix'), 'out/places']),
    rule('kinds', cell('kinds'), [cell('mix'), 'out/places']),
  ].join('\n')
}

/** A chain of as many rules as a recipe has stages. */
const chainOf = (stages: number): string =>
  [
    `rule all:\n    input: "out/s${stages - 1}"\n`,
    ...Array.from({ length: stages }, (_, index) =>
      rule(`s${index}`, `out/s${index}`, [index === 0 ? 'table.geojson' : `out/s${index - 1}`]),
    ),
  ].join('\n')

/** A result for each stage of a recipe, as if it had run. */
async function fillStore(folder: string): Promise<void> {
  const { stdout } = await execa(process.execPath, [program, 'plan', 'recipe.yaml', '--json'], { cwd: folder })
  const { stages } = JSON.parse(stdout) as {
    stages: { key: string; id: string; kind: string; version: number }[]
  }
  const store = openStore(join(folder, '.terroir'))
  const told = { metrics: { steps: 100, loss: 1.5 }, summary: 'as if it had run', exhibits: [], warnings: [] }
  const publish = async ({ key, id, kind, version }: (typeof stages)[number]): Promise<void> => {
    const staging = await store.stage(key)
    await writeFile(join(staging, 'result.json'), '{}')
    await store.publish(staging, { key, id, kind, version, ...told, engine: 'auto', seconds: 1 })
  }
  // Publishing waits for the disk.
  while (stages.length > 0) await Promise.all(stages.splice(0, 32).map(publish))
}

/** Every file that Snakemake would make, older ones first. */
async function touchOutputs(folder: string): Promise<void> {
  await execa('snakemake', ['--cores', '1', '--touch', '--quiet'], { cwd: folder, reject: false })
}

/** Writes what a case needs into a folder. */
export async function prepareCase(
  folder: string,
  { cells, command, stages }: Case,
): Promise<{ readonly own: Command; readonly peer: Command }> {
  await writeFile(join(folder, 'table.geojson'), '{ "type": "FeatureCollection", "features": [] }')
  await writeFile(join(folder, 'Snakefile'), cells === undefined ? chainOf(stages) : snakefileOf(cells))
  const dry: Command = { file: 'snakemake', parameters: ['-n', '--quiet'], folder }
  const recipe = cells === undefined ? join(project, 'recipes/paper/retrieval.yaml') : 'recipe.yaml'
  if (cells !== undefined) await writeFile(join(folder, recipe), recipeOf(cells))
  const own: Command = { file: process.execPath, parameters: [program, command, recipe], folder }
  if (command !== 'run' || cells === undefined) return { own, peer: dry }
  await fillStore(folder)
  for (const rate of rates)
    for (const samples of sampleCounts(cells))
      for (const stage of ['web', 'mix', 'retrieval', 'kinds'])
        await makeFile(join(folder, `out/${rate}/${samples}/${stage}`))
  for (const stage of ['tiles', 'places', 'web', 'plausible', 'overhead', 'clean', 'tokenizer'])
    await makeFile(join(folder, 'out', stage))
  await touchOutputs(folder)
  return { own, peer: { file: 'snakemake', parameters: ['--cores', '1', '--quiet'], folder } }
}

async function makeFile(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, '')
}
