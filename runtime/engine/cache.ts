/** Compiled steps on disk, so that a process that starts anew need not trace and compile them again. */
import { readdirSync, statSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sha256 } from '../store/digest.ts'
import { codeOf, replaceFile } from '../store/files.ts'
import type { TensorType } from './graph/types.ts'
import type { OnnxModel, StepModels } from './model.ts'
import type { Tree } from './tree.ts'

/** A folder of compiled steps. */
export interface CompileCache {
  /** An existing folder, which one process at a time writes to. */
  readonly folder: string
  /**
   * A text that identifies the step and changes with every value that it closes over. Shapes, dtypes, the engine and the
   * code of this project are added to it.
   */
  readonly key: string
}

/** Digest of the sizes and times of the built files: other code makes other graphs. */
function buildDigest(): string {
  const root = join(import.meta.dirname, '..')
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.js'))
  const line = (file: string): string => {
    const { size, mtimeMs } = statSync(join(root, file))
    return `${file} ${size} ${mtimeMs}`
  }
  return sha256(files.sort().map(line).join('\n'))
}

/** Models, and the record of types that the outputs make up. */
export interface StepArtifact {
  readonly models: StepModels
  readonly outputs: Tree<TensorType>
}

/** The step that the folder has under the key and these parts of it; otherwise the result of `make`, which is then stored. */
export async function cachedStep(
  { folder, key }: CompileCache,
  parts: readonly unknown[],
  make: () => StepArtifact,
): Promise<StepArtifact> {
  const path = join(folder, `${sha256(JSON.stringify([buildDigest(), key, ...parts])).slice(0, 32)}.step`)
  const stored = await readStep(path)
  if (stored !== undefined) return stored
  const made = make()
  const models = [made.models.main, ...(made.models.hoisted ? [made.models.hoisted] : [])]
  const onnx = Buffer.concat(models.map(model => model.onnx))
  const heads = models.map((model): StoredModel => ({ ...model, onnx: model.onnx.length }))
  const head = JSON.stringify({ sha256: sha256(onnx), models: heads, outputs: made.outputs })
  await replaceFile(path, aside => writeFile(aside, Buffer.concat([Buffer.from(`${head}\n`), onnx])))
  return made
}

/** A model in the head of a file, with the length of its bytes, which follow. */
type StoredModel = Omit<OnnxModel, 'onnx'> & { readonly onnx: number }

/** Reads a stored step: a line of JSON, then the ONNX models. `undefined` where there is none, or the file is incomplete. */
async function readStep(path: string): Promise<StepArtifact | undefined> {
  const bytes = await readFile(path).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  })
  let start = (bytes?.indexOf('\n') ?? -1) + 1
  if (bytes === undefined || start === 0) return undefined
  try {
    const { sha256: digest, models, outputs } = JSON.parse(bytes.toString('utf8', 0, start))
    if (digest !== sha256(bytes.subarray(start))) return undefined
    const [main, hoisted] = (models as readonly StoredModel[]).map((stored): OnnxModel => {
      const onnx = bytes.subarray(start, start + stored.onnx)
      start += stored.onnx
      return { ...stored, onnx }
    })
    return main && { models: { main, hoisted }, outputs }
  } catch {
    return undefined
  }
}
