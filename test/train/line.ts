/** Training runs of the small objective of `line_objective.ts`. */
import * as assert from 'uvu/assert'
import { createRandom } from '../../runtime/data/random.ts'
import { chooseEngine, floats, floatsOf, type HostArray, ints, type NdArray } from '../../runtime/engine/mod.ts'
import type { StepReport } from '../../runtime/train/history.ts'
import type { ObjectiveSource } from '../../runtime/train/objective.ts'
import { type TrainingResult, type TrainOptions, train } from '../../runtime/train/trainer.ts'
import type { LineSpec } from './line_objective.ts'

const random = createRandom(11, 'line')
const draw = (...shape: number[]): HostArray =>
  floats(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.between(-1, 1)),
    shape,
  )

/** Weights that every run begins with. */
export const lineWeights: Readonly<Record<string, HostArray>> = {
  'a.weight': draw(2, 3),
  'b.weight': draw(2, 3),
  'b.bias': draw(2),
  logit_scale: floats(Float32Array.of(1), []),
}

/** A batch of four rows, of which three count in the mean. */
export const lineBatch = { x: draw(4, 3), y: draw(4, 3), counted: floats(Float32Array.of(1, 1, 0, 1), [4]) }
export const constants = { shift: floats(Float32Array.of(0.25), [1]) }
export const optimizer = { beta1: 0.9, beta2: 0.98, weightDecay: 0.1, clipNorm: 1 }

/** The objective as data. */
export const lineSource = (spec: LineSpec = { squares: 0.5 }): ObjectiveSource => ({
  module: new URL('./line_objective.js', import.meta.url).href,
  spec,
})

type LineRun = Partial<
  TrainOptions<{ readonly images: HostArray; readonly tokens: HostArray; readonly rows: readonly Row[] }>
>
type Row = { readonly part: number; readonly row: number; readonly key: string }

/** A loader of one batch, whose position is the number of batches taken. */
export function lineLoader(rows = 4) {
  let taken = 0
  return {
    next: () => {
      taken += 1
      return {
        images: lineBatch.x,
        tokens: ints(Int32Array.of(0)),
        rows: Array.from({ length: rows }, (_, row) => ({ part: 0, row, key: `row-${row}` })),
      }
    },
    position: () => ({ taken: ints(Int32Array.of(taken)) }),
    restore: ({ taken: at }: Readonly<Record<string, HostArray>>) => {
      taken = Number(at?.data[0])
    },
  }
}

/** Trains for some steps; `reports` collects those of `onStep`. */
export async function trainLine(
  steps: number,
  options: LineRun = {},
): Promise<TrainingResult & { readonly reports: readonly StepReport[] }> {
  const reports: StepReport[] = []
  const result = await train({
    engine: await chooseEngine('cpu', 1),
    weights: lineWeights,
    optimizer,
    schedule: { peak: 0.05, warmUp: 0, steps, shape: { kind: 'constant' } },
    objective: lineSource(),
    batchSize: 4,
    loader: lineLoader(),
    arrays: () => lineBatch,
    constants,
    onStep: report => void reports.push(report),
    signal: new AbortController().signal,
    ...options,
  })
  return { ...result, reports }
}

/** Fails where a number is not near another. */
export function near(actual: number | undefined, expected: number, most = 1e-5): void {
  assert.ok(Math.abs((actual ?? Number.NaN) - expected) < most, `${actual}, not ${expected}`)
}

/** Fails where elements of an array are not near those of another. */
export function nearAll(actual: NdArray | undefined, expected: NdArray | undefined): void {
  if (actual === undefined || expected === undefined) throw new Error('An array is missing')
  const [found, wanted] = [floatsOf(actual), floatsOf(expected)]
  assert.is(found.length, wanted.length)
  for (const [i, value] of wanted.entries()) near(found[i], value)
}

/** The error that a promise is rejected with. */
export const faultOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  )
