/** L2-regularised logistic regression by L-BFGS (Nocedal and Wright, algorithm 7.5). */

/** A row for each sample, features standardised by the caller. */
export interface Examples {
  readonly rows: readonly Float64Array[]
  readonly labels: readonly boolean[]
}

/** Weights of a fitted model. */
export interface Linear {
  readonly weights: Float64Array
  readonly bias: number
}

/** Probability that a row is positive. */
export const probability = ({ weights, bias }: Linear, row: Float64Array): number => sigmoid(dot(weights, row) + bias)

/**
 * Fits a model: mean log loss plus `penalty / 2` times the squared weights; the bias is free. The loss is convex, so
 * the result does not depend on `start`, which only saves steps.
 */
export function fitLogistic({ rows, labels }: Examples, penalty: number, start?: Linear): Linear {
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
  const best = minimise(evaluate, at)
  return { weights: best.slice(0, size), bias: best[size] ?? 0 }
}

/** Mean log loss of a model on examples. */
export function logLoss(model: Linear, { rows, labels }: Examples): number {
  const losses = rows.map((row, i) => softplus((labels[i] ? -1 : 1) * (dot(model.weights, row) + model.bias)))
  return losses.reduce((sum, loss) => sum + loss, 0) / rows.length
}

/**
 * Chooses among penalties by the log loss of `folds`-fold cross-validation: the fold of an example is its position
 * modulo `folds`, so the caller shuffles. Folds that would train on one class only are passed over.
 */
export function choosePenalty(
  { rows, labels }: Examples,
  { penalties, folds }: { readonly penalties: readonly number[]; readonly folds: number },
): number {
  const losses = new Map<number, number>(penalties.map(penalty => [penalty, 0]))
  const part = (keep: (i: number) => boolean): Examples => ({
    rows: rows.filter((_, i) => keep(i)),
    labels: labels.filter((_, i) => keep(i)),
  })
  for (let fold = 0; fold < folds; fold++) {
    const training = part(i => i % folds !== fold)
    const held = part(i => i % folds === fold)
    if (held.rows.length === 0 || new Set(training.labels).size < 2) continue
    let model: Linear | undefined
    for (const penalty of [...penalties].sort((a, b) => b - a)) {
      model = fitLogistic(training, penalty, model)
      losses.set(penalty, (losses.get(penalty) ?? 0) + logLoss(model, held) * held.rows.length)
    }
  }
  const ranked = [...losses].sort((a, b) => a[1] - b[1] || b[0] - a[0])
  return ranked[0]?.[0] ?? 1
}

type Evaluate = (point: Float64Array) => { readonly loss: number; readonly gradient: Float64Array }

const memory = 10
const mostSteps = 300

function minimise(evaluate: Evaluate, start: Float64Array): Float64Array {
  let at = start
  let { loss, gradient } = evaluate(at)
  const history: { readonly s: Float64Array; readonly y: Float64Array; readonly rho: number }[] = []
  for (let step = 0; step < mostSteps && Math.sqrt(dot(gradient, gradient)) > 1e-6; step++) {
    const direction = descent(gradient, history)
    const slope = dot(direction, gradient)
    // Backtracking to a sufficient decrease (Armijo).
    let length = history.length === 0 ? Math.min(1, 1 / Math.sqrt(dot(gradient, gradient))) : 1
    let next = move(at, length, direction)
    let found = evaluate(next)
    while (found.loss > loss + 1e-4 * length * slope && length > 1e-10) {
      length /= 2
      next = move(at, length, direction)
      found = evaluate(next)
    }
    if (found.loss >= loss) break
    const s = move(next, -1, at)
    const y = move(found.gradient, -1, gradient)
    const curvature = dot(s, y)
    if (curvature > 1e-12) history.push({ s, y, rho: 1 / curvature })
    if (history.length > memory) history.shift()
    at = next
    loss = found.loss
    gradient = found.gradient
  }
  return at
}

/** The two-loop recursion: minus the approximate inverse Hessian times the gradient. */
function descent(
  gradient: Float64Array,
  history: readonly { readonly s: Float64Array; readonly y: Float64Array; readonly rho: number }[],
): Float64Array {
  const direction = gradient.map(value => -value)
  const alphas = history.map(() => 0)
  for (let i = history.length - 1; i >= 0; i--) {
    const pair = history[i]
    if (pair === undefined) continue
    const alpha = pair.rho * dot(pair.s, direction)
    alphas[i] = alpha
    add(direction, -alpha, pair.y)
  }
  const last = history.at(-1)
  const scale = last === undefined ? 1 : 1 / (last.rho * dot(last.y, last.y))
  for (let j = 0; j < direction.length; j++) direction[j] = (direction[j] ?? 0) * scale
  for (const [i, pair] of history.entries()) {
    add(direction, (alphas[i] ?? 0) - pair.rho * dot(pair.y, direction), pair.s)
  }
  return direction
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0)
  return sum
}

/** `target += factor * values`, over the length of `values`. */
function add(target: Float64Array, factor: number, values: Float64Array): void {
  for (let i = 0; i < values.length; i++) target[i] = (target[i] ?? 0) + factor * (values[i] ?? 0)
}

const move = (from: Float64Array, length: number, direction: Float64Array): Float64Array =>
  from.map((value, i) => value + length * (direction[i] ?? 0))

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x))

/** `log(1 + exp(x))` without overflow. */
const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))
