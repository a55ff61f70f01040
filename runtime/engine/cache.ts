/** Compiled steps on disk, so that a process that starts anew need not trace and compile them again. */
import { readdirSync, statSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sha256 } from '../store/digest.ts'
import { codeOf, replaceFile } from '../store/files.ts'
import type { TensorType } from './graph/types.ts'
import type { Model, Models } from './model.ts'
import type { Tree } from './tree.ts'

export interface CompileCache {
  /** An existing folder, which one process at a time writes to. */
  readonly folder: string
  /**
   * What the step computes, in words that change whenever a value that it closes over does. Shapes, dtypes, the engine and
   * this project's own code are added to it.
   */
  readonly key: string
}

/** Sizes and times of the files that this one was built with: other code makes other graphs. */
function build(): string {
  const root = join(import.meta.dirname, '..')
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.js'))
  const line = (file: string): string => {
    const { size, mtimeMs } = statSync(join(root, file))
    return `${file} ${size} ${mtimeMs}`
  }
  return sha256(files.sort().map(line).join('\n'))
}

/** Models, and the record that the outputs make up. */
export interface CompiledStep {
  readonly models: Models
  readonly outputs: Tree<TensorType>
}

/** The step that `folder` keeps under the key and these words; else what `make` gives, which is then kept. */
export async function cachedStep(
  { folder, key }: CompileCache,
  words: readonly unknown[],
  make: () => CompiledStep,
): Promise<CompiledStep> {
  const path = join(folder, `${sha256(JSON.stringify([build(), key, ...words])).slice(0, 32)}.step`)
  const kept = await readStep(path)
  if (kept !== undefined) return kept
  const made = make()
  const models = [made.models.main, ...(made.models.fixed ? [made.models.fixed] : [])]
  const onnx = Buffer.concat(models.map(model => model.onnx))
  const kinds = models.map((model): Kept => ({ ...model, onnx: model.onnx.length }))
  const head = JSON.stringify({ sha256: sha256(onnx), models: kinds, outputs: made.outputs })
  await replaceFile(path, aside => writeFile(aside, Buffer.concat([Buffer.from(`${head}\n`), onnx])))
  return made
}

/** A model in the head of a file: the length of its bytes, which follow. */
type Kept = Omit<Model, 'onnx'> & { readonly onnx: number }

/** A kept step: a line of JSON, then the ONNX models. Nothing where there is none, or not a whole one. */
async function readStep(path: string): Promise<CompiledStep | undefined> {
  const bytes = await readFile(path).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  })
  let start = (bytes?.indexOf('\n') ?? -1) + 1
  if (bytes === undefined || start === 0) return undefined
  try {
    const { sha256: digest, models, outputs } = JSON.parse(bytes.toString('utf8', 0, start))
    if (digest !== sha256(bytes.subarray(start))) return undefined
    const [main, fixed] = (models as readonly Kept[]).map((kept): Model => {
      const onnx = bytes.subarray(start, start + kept.onnx)
      start += kept.onnx
      return { ...kept, onnx }
    })
    return main && { models: { main, fixed }, outputs }
  } catch {
    return undefined
  }
}
