/**
 * A model as a folder: `model.safetensors`, `config.json`, `tokenizer.json`, and `last.safetensors` where the model is an
 * average over training.
 */
import { existsSync } from 'node:fs'
import { copyFile, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readTokenizer, type Tokenizer } from '../data/tokenizer.ts'
import { type MammutConfig, parameterShapes } from './config.ts'
import { type Arrays, readSafetensors, requireShapes, writeSafetensors } from './safetensors.ts'

const lastFile = 'last.safetensors'

export interface Model {
  readonly config: MammutConfig
  readonly weights: Arrays
  readonly tokenizer: Tokenizer
  /** Path of the tokenizer's file. */
  readonly tokenizerFile: string
}

/** A model to write, and its weights after the last step where `weights` are an average. */
export interface WrittenModel extends Pick<Model, 'config' | 'weights' | 'tokenizerFile'> {
  readonly last?: Arrays | undefined
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

/** Reads a model. Throws where a parameter is missing or has another shape than the configuration asks. */
export async function readModel(
  folder: string,
  { weights: chosen = 'average' }: { readonly weights?: ChosenWeights | undefined } = {},
): Promise<Model> {
  const { kind: _, ...config } = JSON.parse(await readFile(join(folder, 'config.json'), 'utf8')) as MammutConfig & {
    kind: string
  }
  const isApart = chosen === 'last' && existsSync(join(folder, lastFile))
  const { arrays: weights } = await readSafetensors(join(folder, isApart ? lastFile : 'model.safetensors'))
  requireShapes(weights, parameterShapes(config), folder)
  const tokenizerFile = join(folder, 'tokenizer.json')
  return { config, weights, tokenizer: await readTokenizer(tokenizerFile), tokenizerFile }
}
