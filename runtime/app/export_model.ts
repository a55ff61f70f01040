/** A trained model as a folder for other programs, and embeddings of a dataset by it. */
import { mkdir, readdir, rename, rm, rmdir } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { splitReference } from '../../dsl/check/names.ts'
import { modelInput } from '../../dsl/compile/expand.ts'
import { UserFault } from '../../dsl/diagnostics/faults.ts'
import type { EngineName } from '../../dsl/recipe.ts'
import { engineNameOf, type Progress } from '../kinds/context.ts'
import { findResults } from '../schedule/select.ts'
import { checkResult, damageText } from '../schedule/verify.ts'
import { codeOf } from '../store/files.ts'
import { isAlive, isLocal, ownerText, parseOwner, thisProcess } from '../store/process.ts'
import { openStore, type Result, type Store, storeFolder } from '../store/store.ts'
import { UnfinishedFault, unknownName } from './faults.ts'
import { makesModel } from './models.ts'
import type { StoreFolderOption } from './plan.ts'
import { loadPlan, type PlannedRecipe, type RecipeOptions, unknownStage } from './recipe.ts'

/** Options of {@link exportModel}. */
export interface ExportOptions extends RecipeOptions, StoreFolderOption {
  /** Folder to make; it may be there and empty. */
  readonly to: string
  /** A source, a filter or a split of one, whose images and captions are embedded. @default none */
  readonly embeddings?: string | undefined
  /** Weights of a model that keeps an average over training. @default 'average' */
  readonly weights?: 'average' | 'last' | undefined
  /** Engine that computes embeddings. @default the recipe's */
  readonly engine?: EngineName | undefined
  /** Receives the progress of embeddings. */
  readonly onProgress?: ((progress: Progress) => void) | undefined
  /** Ends the export: nothing of it is left. */
  readonly signal?: AbortSignal | undefined
}

/** A model that was exported. */
export interface ExportResult {
  /** The stage that made the model. */
  readonly stage: string
  readonly parameters: number
  /** Numbers of embeddings, where they were asked for. */
  readonly embeddings?: { readonly images: number; readonly texts: number }
}

/**
 * Writes a trained model, whose stage has run, as a folder for other programs. Nothing is overwritten.
 *
 * @param model a training run or distillation, a phase or round of one, or a model that comes with weights
 */
export async function exportModel(file: string, model: string, options: ExportOptions): Promise<ExportResult> {
  const { embeddings, weights = 'average' } = options
  const planned = await loadPlan(file, options)
  const { plan } = planned
  const store = openStore(storeFolder(options.store))
  const found = await findResults(plan, store)
  const sound = (id: string): Promise<Result> => {
    const [own] = plan.stages.filter(one => one.id === id)
    if (own === undefined) throw unknownStage(plan, id)
    return soundResult(own, { file, found, store })
  }
  const { id: stage } = stageOf(planned, { name: model, what: 'model' })
  const data = embeddings === undefined ? undefined : stageOf(planned, { name: embeddings, what: 'dataset' })
  const of = await sound(stage)
  const dataset = data && (await sound(data.id))

  return inNewFolder(resolve(options.to), async folder => {
    const [{ exportModel: writeModel }, { readModel }] = await Promise.all([
      import('../model/export.ts'),
      import('../model/model_folder.ts'),
    ])
    const read = await readModel(of.folder, { weights })
    const origin = { recipe: plan.name, stage, key: of.manifest.key, weights }
    await writeModel(read, { from: of.folder, to: folder, origin })
    options.signal?.throwIfAborted()
    const { parameters } = read.network
    if (data === undefined || dataset === undefined) return { stage, parameters }
    const { embeddingStages, exportEmbeddings } = await import('./export_embeddings.ts')
    const table = join(folder, 'embeddings.parquet')
    const from = { folder: dataset.folder, split: data.split }
    const made = embeddingStages(plan, { model: stage, data, weights })
    const folderOf = async (id: string | undefined) =>
      id !== undefined && found.has(id) ? (await sound(id)).folder : undefined
    const counts = await exportEmbeddings(read, from, {
      file: table,
      weights,
      engine: engineNameOf({ engine: options.engine ?? plan.engine }),
      stored: { images: await folderOf(made.images), captions: await folderOf(made.captions) },
      onProgress(progress) {
        options.signal?.throwIfAborted()
        options.onProgress?.(progress)
      },
    })
    return { stage, parameters, embeddings: counts }
  })
}

/** The result of a stage, read whole. Throws where it is absent, or damaged, which sets it aside. */
async function soundResult(
  { id, key }: PlannedRecipe['plan']['stages'][number],
  { file, found, store }: { readonly file: string; readonly found: ReadonlyMap<string, Result>; readonly store: Store },
): Promise<Result> {
  const result = finished(file, found, id)
  const damage = await checkResult(store, { id, key })
  if (damage === undefined) return result
  throw new UnfinishedFault(damageText(damage), { hint: `'terroir run ${file} --until ${id}' makes it anew` })
}

interface ExportReference {
  readonly name: string
  readonly what: 'model' | 'dataset'
}

/** The stage that a name means, and the split. Throws where it means none. */
function stageOf(
  { plan, loaded }: PlannedRecipe,
  { name, what }: ExportReference,
): { readonly id: string; readonly split?: string } {
  const fits = plan.stages.filter(({ kind, path: [section = ''] }) =>
    what === 'model' ? makesModel(kind) : section === 'sources' || section === 'filters',
  )
  const known = fits.map(({ id }) => id)
  const { name: entry, part } = splitReference(name)
  const meant = what === 'model' ? loaded.variants.map(({ recipe }) => modelInput(recipe, name).stage) : [entry]
  const id = known.find(one => one === name) ?? known.find(one => meant.includes(one))
  if (id !== undefined) return id === name || what === 'model' || part === undefined ? { id } : { id, split: part }
  const otherwise = known.length > 0 ? `write one of ${known.join(', ')}` : 'add one to the recipe'
  throw unknownName(`The recipe has no ${what} '${name}'`, { name, known, otherwise })
}

function finished(file: string, found: ReadonlyMap<string, Result>, id: string): Result {
  const result = found.get(id)
  if (result !== undefined) return result
  throw new UnfinishedFault(`'${id}' is not done, so there is nothing to export`, {
    hint: `run 'terroir run ${file} --until ${id}' first`,
  })
}

const partMark = '.part-'

/** Removes what exports into a folder have left that were killed. */
async function removeRemains(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    const owner = parseOwner(name.slice(name.lastIndexOf(partMark) + partMark.length))
    const isRemains = name.includes(partMark) && owner !== undefined && isLocal(owner) && !isAlive(owner)
    if (isRemains) await rm(join(parent, name), { recursive: true, force: true })
  }
}

/** Fills a folder aside and gives it its name when it is whole. Throws where something lies there already. */
async function inNewFolder<T>(folder: string, fill: (folder: string) => Promise<T>): Promise<T> {
  const there = await readdir(folder).catch(error => {
    if (codeOf(error) === 'ENOENT') return undefined
    throw new UserFault(`"${folder}" is no folder`, { hint: 'name another with --to' })
  })
  if (there !== undefined && there.length > 0)
    throw new UserFault(`"${folder}" is not empty, and nothing is overwritten`, {
      hint: 'name another folder with --to',
    })
  await mkdir(dirname(folder), { recursive: true })
  await removeRemains(dirname(folder))
  const aside = `${folder}${partMark}${ownerText(thisProcess())}`
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
