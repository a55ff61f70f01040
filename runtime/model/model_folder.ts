/**
 * A model as a folder: `model.safetensors`, `config.json`, `tokenizer.json`, and `last.safetensors` where the model is an
 * average over training.
 */
import { existsSync } from 'node:fs'
import { copyFile, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readTokenizer } from '../data/read_tokenizer.ts'
import type { Tokenizer } from '../data/tokenizer.ts'
import type { MammutConfig } from './config.ts'
import { isOpenClip, type ModelConfig, type Network, networkOf } from './network.ts'
import { type HostArrays, readSafetensors, requireShapes, writeSafetensors } from './safetensors.ts'

const lastFile = 'last.safetensors'

/** A model with sizes of a kind, or of any. */
export interface LoadedModel<Config extends ModelConfig = ModelConfig> {
  readonly config: Config
  /** What it computes. */
  readonly network: Network
  readonly weights: HostArrays
  readonly tokenizer: Tokenizer
  /** Path of the tokenizer's file. */
  readonly tokenizerFile: string
}

/** A model to write, and its weights after the last step where `weights` are an average. */
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

/** Which weights of a trained model: the average over training, or those after its last step; alike where none was kept. */
export type ChosenWeights = 'average' | 'last'

/** The files of a model's folder; the last weights are those of the model where it keeps no average. */
export function modelFiles(folder: string, chosen: ChosenWeights = 'average') {
  const isApart = chosen === 'last' && existsSync(join(folder, lastFile))
  return {
    config: join(folder, 'config.json'),
    weights: join(folder, isApart ? lastFile : 'model.safetensors'),
    tokenizer: join(folder, 'tokenizer.json'),
  }
}

/** Reads a model. Throws where a parameter is missing or has another shape than the configuration asks. */
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

/** Sizes as a folder has them; those of MaMMUT go without their kind. */
function configOf(written: ModelConfig & { readonly kind: string }): ModelConfig {
  if (isOpenClip(written)) return written
  const { kind: _, ...config } = written
  return config
}

/** The model as one of MaMMUT; throws an error that says what it is wanted for where it is of another kind. */
export function requireMammut(model: LoadedModel, purpose: string): LoadedModel<MammutConfig> {
  const { config } = model
  if (isOpenClip(config))
    throw new Error(`${purpose} needs attention pooling and a text decoder, which a CLIP model lacks; train a mammut`)
  return { ...model, config }
}
