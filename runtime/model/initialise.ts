/** Initial weights of a MaMMUT model. */
import { createRandom } from '../data/random.ts'
import { type HostArray, hostArray } from '../engine/mod.ts'
import { type MammutConfig, parameterShapes } from './config.ts'

/** Standard deviation of the initial values of a parameter; undefined if they are constant. */
function deviation(name: string, shape: readonly number[], config: MammutConfig): number | undefined {
  if (shape.length < 2) return undefined
  if (name.endsWith('pos_embed') || name.endsWith('token_embedding.weight')) return 0.02
  const isText = name.startsWith('text.')
  const { width, layers } = isText ? config.text : config.vision
  // By fan-in; projections onto the residual stream are scaled down by depth (as in CLIP and OpenCLIP).
  if (name.endsWith('out_proj.weight') || name.endsWith('c_proj.weight')) return width ** -0.5 * (2 * layers) ** -0.5
  if (name.endsWith('c_fc.weight')) return (2 * width) ** -0.5
  if (name.endsWith('patch_embed.weight')) return (3 * config.patchSize ** 2) ** -0.5
  return width ** -0.5
}

/** Draws every matrix from a seeded normal distribution. Norms are one, biases zero, the logit scale ln(1 / 0.07). */
export function initialWeights(config: MammutConfig, seed: number): Readonly<Record<string, HostArray>> {
  const weights: Record<string, HostArray> = {}
  for (const [name, shape] of Object.entries(parameterShapes(config))) {
    const data = new Float32Array(shape.reduce((product, side) => product * side, 1))
    const scale = deviation(name, shape, config)
    if (name === 'logit_scale') data.fill(Math.log(1 / 0.07))
    else if (scale !== undefined) fillNormal(data, scale, createRandom(seed, name).next)
    else if (name.endsWith('.weight')) data.fill(1)
    weights[name] = hostArray(data, { shape, dtype: 'float32' })
  }
  return weights
}

/** Fills an array with normal random numbers (Box-Muller transform). */
function fillNormal(data: Float32Array, deviation: number, next: () => number): void {
  for (let i = 0; i < data.length; i++) {
    const radius = Math.sqrt(-2 * Math.log(1 - next()))
    data[i] = deviation * radius * Math.cos(2 * Math.PI * next())
  }
}
