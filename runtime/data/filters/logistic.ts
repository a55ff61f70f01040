/** L2-regularised logistic regression. */
import { add, dot, minimise } from './lbfgs.ts'

/** A row for each sample, features standardised by the caller. */
export interface LabelledRows {
  readonly rows: readonly Float64Array[]
  readonly labels: readonly boolean[]
}

/** Weights of a fitted model. */
export interface LinearModel {
  readonly weights: Float64Array
  readonly bias: number
}

/** Probability that a row is positive. */
export const probability = ({ weights, bias }: LinearModel, row: Float64Array): number =>
  sigmoid(dot(weights, row) + bias)

/**
 * Fits a model: mean log loss plus `penalty / 2` times the squared weights; the bias is free. The loss is convex, so
 * the result does not depend on `start`, which only saves steps.
 */
export async function fitLogistic(
  { rows, labels }: LabelledRows,
  penalty: number,
  start?: LinearModel,
): Promise<LinearModel> {
  const size = rows[0]?.length ?? 0
  const at = new Float64Array(size + 1)
  if (start !== undefined) at.set([...start.weights, start.bias])

  const evaluate = (point: Float64Array): { readonly loss: number; readonly gradient: Float64Array } => {
    const weights = point.subarray(0, size)
    const gradient = new Float64Array(size + 1)
    for (let j = 0; j < size; j++) gradient[j] = penalty * (weights[j] ?? 0)
    let loss = (penalty / 2) * dot(weights, weights)
    for (const [i, row] of rows.entries()) {
      const sign = labels[i] ? 1 : -1
      const margin = sign * (dot(weights, row) + (point[size] ?? 0))
      loss += softplus(-margin) / rows.length
      const slope = (-sign * sigmoid(-margin)) / rows.length
      add(gradient, slope, row)
      gradient[size] = (gradient[size] ?? 0) + slope
    }
    return { loss, gradient }
  }
  const best = await minimise(evaluate, at)
  return { weights: best.slice(0, size), bias: best[size] ?? 0 }
}

/** Mean log loss of a model on examples. */
export function logLoss(model: LinearModel, { rows, labels }: LabelledRows): number {
  const losses = rows.map((row, i) => softplus((labels[i] ? -1 : 1) * (dot(model.weights, row) + model.bias)))
  return losses.reduce((sum, loss) => sum + loss, 0) / rows.length
}

/**
 * Chooses among penalties by the log loss of `folds`-fold cross-validation: the fold of an example is its position
 * modulo `folds`, so the caller shuffles. Folds that would train on one class only are passed over.
 */
export async function choosePenalty(
  { rows, labels }: LabelledRows,
  { penalties, folds }: { readonly penalties: readonly number[]; readonly folds: number },
): Promise<number> {
  const losses = new Map<number, number>(penalties.map(penalty => [penalty, 0]))
  const part = (keep: (i: number) => boolean): LabelledRows => ({
    rows: rows.filter((_, i) => keep(i)),
    labels: labels.filter((_, i) => keep(i)),
  })
  for (let fold = 0; fold < folds; fold++) {
    const training = part(i => i % folds !== fold)
    const held = part(i => i % folds === fold)
    if (held.rows.length === 0 || new Set(training.labels).size < 2) continue
    let model: LinearModel | undefined
    for (const penalty of [...penalties].sort((a, b) => b - a)) {
      model = await fitLogistic(training, penalty, model)
      losses.set(penalty, (losses.get(penalty) ?? 0) + logLoss(model, held) * held.rows.length)
    }
  }
  const ranked = [...losses].sort((a, b) => a[1] - b[1] || b[0] - a[0])
  return ranked[0]?.[0] ?? 1
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x))

/** `log(1 + exp(x))` without overflow. */
const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))
