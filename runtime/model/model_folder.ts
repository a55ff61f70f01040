/** A model as a folder: `model.safetensors`, `config.json`, `tokenizer.json`. */
import { copyFile, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readTokenizer, type Tokenizer } from '../data/tokenizer.ts'
import { type MammutConfig, parameterShapes } from './config.ts'
import { type Arrays, readSafetensors, requireShapes, writeSafetensors } from './safetensors.ts'

export interface Model {
  readonly config: MammutConfig
  readonly weights: Arrays
  readonly tokenizer: Tokenizer
  /** Path of the tokenizer's file. */
  readonly tokenizerFile: string
}

/** Writes a model; the tokenizer is copied. */
export async function writeModel(
  folder: string,
  model: Pick<Model, 'config' | 'weights' | 'tokenizerFile'>,
): Promise<void> {
  await writeSafetensors(join(folder, 'model.safetensors'), { arrays: model.weights, metadata: { format: 'pt' } })
  await writeFile(join(folder, 'config.json'), `${JSON.stringify({ kind: 'mammut', ...model.config }, null, 2)}\n`)
  await copyFile(model.tokenizerFile, join(folder, 'tokenizer.json'))
}

/** Reads a model. Throws where a parameter is missing or has another shape than the configuration asks. */
export async function readModel(folder: string): Promise<Model> {
  const { kind: _, ...config } = JSON.parse(await readFile(join(folder, 'config.json'), 'utf8')) as MammutConfig & {
    kind: string
  }
  const { arrays: weights } = await readSafetensors(join(folder, 'model.safetensors'))
  requireShapes(weights, parameterShapes(config), folder)
  const tokenizerFile = join(folder, 'tokenizer.json')
  return { config, weights, tokenizer: await readTokenizer(tokenizerFile), tokenizerFile }
}
