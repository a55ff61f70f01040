/** Runs stages of sources in a folder of a test. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { StageKind } from '../../dsl/kinds/registry.ts'
import type { AnyContext, StageResult } from '../../runtime/kinds/context.ts'
import { runKind } from './run_kind.ts'

const usual = {
  resize: 'lanczos3',
  class_names: {},
  max_corrupt: 0,
  split: { val: 0, test: 0 },
  seed: 1,
}

/** The result of a stage, what it warned of, and its folder. */
export interface Ran {
  readonly result: StageResult
  readonly warnings: readonly string[]
  readonly out: string
}

/** Runs a stage of a kind with usual parameters of sources. */
export async function runStage(
  kind: StageKind,
  {
    folder,
    params,
    files = {},
    inputs = {},
  }: Pick<AnyContext, 'params'> & Partial<Pick<AnyContext, 'inputs' | 'files'>> & { readonly folder: string },
): Promise<Ran> {
  const out = join(folder, `out-${Math.random()}`)
  await mkdir(out)
  const warnings: string[] = []
  const result = await runKind(kind, {
    id: 'photos',
    params: { ...usual, ...params },
    settings: {},
    inputs,
    files,
    out,
    checkpoints: out,
    engine: 'cpu',
    report: { progress: () => {}, log: () => {}, warn: message => warnings.push(message) },
    signal: new AbortController().signal,
  })
  return { result, warnings, out }
}
