/**
 * A model as a folder: `model.safetensors`, `config.json`, `tokenizer.json`, and `last.safetensors` if the model is an
 * average over training.
 */
import { existsSync } from 'node:fs'
import { copyFile, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { UserFault } from '../../dsl/diagnostics/faults.ts'
import { readTokenizer } from '../data/read_tokenizer.ts'
import type { Tokenizer } from '../data/tokenizer.ts'
import type { MammutConfig } from './config.ts'
import { isOpenClip, type ModelConfig, type Network, networkOf } from './network.ts'
import { type HostArrays, readSafetensors, requireShapes, writeSafetensors } from './safetensors.ts'

const lastFile = 'last.safetensors'

/** A model in memory, of one kind or of any. */
export interface LoadedModel<Config extends ModelConfig = ModelConfig> {
  readonly config: Config
  /** The functions of the model. */
  readonly network: Network
  readonly weights: HostArrays
  readonly tokenizer: Tokenizer
  /** Path of the tokenizer's file. */
  readonly tokenizerFile: string
}

/** A model to write, with its weights after the last step if `weights` are an average. */
export interface WrittenModel extends Pick<LoadedModel, 'config' | 'weights' | 'tokenizerFile'> {
  readonly last?: HostArrays | undefined
}

/** Writes a model; the tokenizer is copied. */
export async function writeModel(folder: string, model: WrittenModel): Promise<void> {
  await writeSafetensors(join(folder, 'model.safetensors'), { arrays: model.weights, metadata: { format: 'pt' } })
  if (model.last) await writeSafetensors(join(folder, lastFile), { arrays: model.last, metadata: { format: 'pt' } })
  await writeFile(join(folder, 'config.json'), `${JSON.stringify({ kind: 'mammut', ...model.config }, null, 2)}\n`)
  await copyFile(model.tokenizerFile, join(folder, 'tokenizer.json'))
}

/** A choice of weights: the average over training, or those after the last step. Both are equal if no average was kept. */
export type ChosenWeights = 'average' | 'last'

/** Paths of the files of a model folder. */
export function modelFiles(folder: string, chosen: ChosenWeights = 'average') {
  const hasLast = chosen === 'last' && existsSync(join(folder, lastFile))
  return {
    config: join(folder, 'config.json'),
    weights: join(folder, hasLast ? lastFile : 'model.safetensors'),
    tokenizer: join(folder, 'tokenizer.json'),
  }
}

/** Reads a model. Throws if a parameter is missing or its shape is not that of the configuration. */
export async function readModel(
  folder: string,
  { weights: chosen = 'average' }: { readonly weights?: ChosenWeights | undefined } = {},
): Promise<LoadedModel> {
  const files = modelFiles(folder, chosen)
  const config = configOf(JSON.parse(await readFile(files.config, 'utf8')))
  const network = networkOf(config)
  const { arrays: weights } = await readSafetensors(files.weights)
  requireShapes(weights, network.shapes, folder)
  return { config, network, weights, tokenizer: await readTokenizer(files.tokenizer), tokenizerFile: files.tokenizer }
}

/** The configuration in a folder, without the kind of MaMMUT. */
function configOf(written: ModelConfig & { readonly kind: string }): ModelConfig {
  if (isOpenClip(written)) return written
  const { kind: _, ...config } = written
  return config
}

/** The model as a MaMMUT model; for other kinds throws a fault that names the purpose. */
export function requireMammut(model: LoadedModel, purpose: string): LoadedModel<MammutConfig> {
  const { config } = model
  if (isOpenClip(config))
    throw new UserFault(`${purpose} needs attention pooling and a text decoder, which a CLIP model lacks`, {
      hint: 'train a mammut',
    })
  return { ...model, config }
}
