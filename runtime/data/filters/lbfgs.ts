/** Limited-memory BFGS (Nocedal and Wright, algorithm 7.5). */

/** A loss and its gradient at a point. */
export interface Slope {
  readonly loss: number
  readonly gradient: Float64Array
}

const memory = 10

/** Stopping rule: a gradient this short, or this many steps. */
export interface StopOptions {
  /** @default 1e-6 */
  readonly tolerance?: number
  /** @default 300 */
  readonly mostSteps?: number
}

/** Walks from `start` to where a smooth loss is least; a loss that is told with noise ends it where no step lowers it. */
export async function minimise(
  evaluate: (point: Float64Array) => Slope | Promise<Slope>,
  start: Float64Array,
  { tolerance = 1e-6, mostSteps = 300 }: StopOptions = {},
): Promise<Float64Array> {
  let at = start
  let { loss, gradient } = await evaluate(at)
  const history: { readonly s: Float64Array; readonly y: Float64Array; readonly rho: number }[] = []
  for (let step = 0; step < mostSteps && Math.sqrt(dot(gradient, gradient)) > tolerance; step++) {
    const direction = descent(gradient, history)
    const slope = dot(direction, gradient)
    // Backtracking to a sufficient decrease (Armijo).
    let length = history.length === 0 ? Math.min(1, 1 / Math.sqrt(dot(gradient, gradient))) : 1
    let next = move(at, length, direction)
    let found = await evaluate(next)
    while (found.loss > loss + 1e-4 * length * slope && length > 1e-10) {
      length /= 2
      next = move(at, length, direction)
      found = await evaluate(next)
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

/** The sum of products. */
export function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0)
  return sum
}

/** `target += factor * values`, over the length of `values`. */
export function add(target: Float64Array, factor: number, values: Float64Array): void {
  for (let i = 0; i < values.length; i++) target[i] = (target[i] ?? 0) + factor * (values[i] ?? 0)
}

const move = (from: Float64Array, length: number, direction: Float64Array): Float64Array =>
  from.map((value, i) => value + length * (direction[i] ?? 0))
