/** `terroir export`: a trained model as a folder for other programs, and embeddings of a dataset by it. */
import { mkdir, readdir, rename, rm, rmdir } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { Command, Option } from 'commander'
import { splitReference } from '../../dsl/check/names.ts'
import { modelInput } from '../../dsl/compile/expand_model.ts'
import { suggest } from '../../dsl/diagnostics/suggest.ts'
import type { EngineName } from '../../dsl/recipe.ts'
import { chooseEngine } from '../engine/mod.ts'
import { writeEmbeddings } from '../evaluate/embedding_table.ts'
import { exportModel } from '../model/export.ts'
import { type ChosenWeights, readModel } from '../model/model_folder.ts'
import { findResults } from '../schedule/select.ts'
import { engineNameOf, engineNames } from '../stages/stage.ts'
import { codeOf } from '../store/files.ts'
import { openStore, type Result, storeFolder } from '../store/store.ts'
import { setOption, storeOption } from './options.ts'
import { exitCodes, type LoadedPlan, loadPlan } from './recipe.ts'

interface Flags {
  readonly to: string
  readonly embeddings?: string
  readonly weights: ChosenWeights
  readonly engine?: EngineName
  readonly set?: readonly string[]
  readonly store?: string
}

const examples = `
Examples:
  terroir export recipe.yaml pretrain --to my-model
  terroir export recipe.yaml pretrain.mix --to my-model --weights last
  terroir export recipe.yaml localise --to my-model --embeddings places.test

The folder holds weights (safetensors), sizes, tokenizer.json and a README that
says how images and texts go in; with --embeddings also embeddings.parquet: key,
kind (image or text), caption, and the embedding as a list of floats.

Only results that are done are exported; nothing is overwritten.

Exit codes: 0 ok, 1 a stage is not done or the folder is taken, 2 bad recipe or
usage.`

/** The command. */
export function command(): Command {
  return new Command('export')
    .description('Writes a trained model as a folder for other programs, and embeddings of a dataset by it.')
    .argument('<recipe>', 'recipe file')
    .argument('<model>', 'a training run or distillation, a phase or round of one, or a model that comes with weights')
    .requiredOption('--to <folder>', 'folder to make')
    .option('--embeddings <data>', 'a source, a filter or a split of one: write embeddings of its images and captions')
    .addOption(
      new Option('--weights <which>', 'of a model that keeps an average over training: that, or the last step')
        .choices(['average', 'last'])
        .default('average'),
    )
    .addOption(new Option('--engine <name>', 'compute embeddings with this engine').choices(engineNames))
    .addOption(setOption())
    .addOption(storeOption())
    .addHelpText('after', examples)
    .action(run)
}

async function run(recipe: string, model: string, flags: Flags): Promise<void> {
  const loaded = await loadPlan(recipe, flags)
  if (loaded === undefined) return
  const { plan } = loaded
  const found = await findResults(plan, openStore(storeFolder(flags.store)))
  const stage = named(loaded, { name: model, what: 'model' })
  const data = flags.embeddings === undefined ? undefined : named(loaded, { name: flags.embeddings, what: 'dataset' })
  if (stage === undefined || (flags.embeddings !== undefined && data === undefined)) return
  const of = done(recipe, found, stage.id)
  const dataset = data && done(recipe, found, data.id)
  if (of === undefined || (data !== undefined && dataset === undefined)) return

  const lines = await inNewFolder(resolve(flags.to), async folder => {
    const read = await readModel(of.folder, { weights: flags.weights })
    const origin = { recipe: plan.name, stage: stage.id, key: of.manifest.key, weights: flags.weights }
    await exportModel(read, { from: of.folder, to: folder, origin })
    const parameters = `${stage.id}, ${read.network.parameters.toLocaleString('en')} parameters`
    if (dataset === undefined) return [parameters]
    const engine = await chooseEngine(engineNameOf({ engine: flags.engine ?? plan.engine }))
    const file = join(folder, 'embeddings.parquet')
    const from = { folder: dataset.folder, split: data?.split }
    const { images, texts } = await writeEmbeddings(read, from, { engine, batchSize: 64, file })
    return [
      parameters,
      `embeddings of ${images.toLocaleString('en')} images and ${texts.toLocaleString('en')} texts of ${flags.embeddings}`,
    ]
  })
  process.stdout.write(`Wrote ${flags.to}: ${lines.join('; ')}\n`)
}

const modelKinds = ['train', 'region-train', 'openclip']

interface Named {
  readonly name: string
  readonly what: 'model' | 'dataset'
}

/** The stage that a name means, and the split; tells what there is where it means none. */
function named({ plan, loaded }: LoadedPlan, { name, what }: Named): { id: string; split?: string } | undefined {
  const fits = plan.stages.filter(({ kind, path: [section = ''] }) =>
    what === 'model' ? modelKinds.includes(kind) : section === 'sources' || section === 'filters',
  )
  const ids = fits.map(({ id }) => id)
  const { name: entry, part } = splitReference(name)
  const meant = what === 'model' ? loaded.variants.map(({ recipe }) => modelInput(recipe, name).stage) : [entry]
  const id = ids.find(known => known === name) ?? ids.find(known => meant.includes(known))
  if (id !== undefined) return id === name || what === 'model' || part === undefined ? { id } : { id, split: part }
  const near = suggest(name, ids)
  process.stderr.write(
    `error: The recipe has no ${what} '${name}'\nhint: ${near ? `write '${near}'` : ids.length > 0 ? `write one of ${ids.join(', ')}` : `add one to the recipe`}\n`,
  )
  process.exitCode = exitCodes.badRecipe
  return undefined
}

function done(recipe: string, found: ReadonlyMap<string, Result>, id: string): Result | undefined {
  const result = found.get(id)
  if (result !== undefined) return result
  process.stderr.write(
    `error: '${id}' is not done, so there is nothing to export\nhint: run 'terroir run ${recipe} --until ${id}' first\n`,
  )
  process.exitCode = exitCodes.failedWork
  return undefined
}

/** Fills a folder aside and gives it its name when it is whole. Throws where something lies there already. */
async function inNewFolder<T>(folder: string, fill: (folder: string) => Promise<T>): Promise<T> {
  const there = await readdir(folder).catch(error => {
    if (codeOf(error) === 'ENOENT') return undefined
    throw new Error(`"${folder}" is no folder; name another with --to`)
  })
  if (there !== undefined && there.length > 0)
    throw new Error(`"${folder}" is not empty, and nothing is overwritten; name another folder with --to`)
  await mkdir(dirname(folder), { recursive: true })
  const aside = `${folder}.part-${process.pid}`
  await mkdir(aside)
  try {
    const result = await fill(aside)
    if (there !== undefined) await rmdir(folder)
    await rename(aside, folder)
    return result
  } catch (error) {
    await rm(aside, { recursive: true, force: true })
    throw error
  }
}
