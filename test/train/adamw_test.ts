import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { createRandom } from '../../runtime/data/random.ts'
import { chooseEngine, floats, floatsOf, jit, scalarOf, type tf } from '../../runtime/engine/mod.ts'
import type { Weights } from '../../runtime/model/layers.ts'
import { type AdamWSpec, type AdamWState, adamw, type OptimizerGroup } from '../../runtime/train/adamw.ts'
import { layerScales } from '../../runtime/train/layer_decay.ts'
import { errorOf } from '../engine/support.ts'

const plain: AdamWSpec = { beta1: 0.9, beta2: 0.98, weightDecay: 0.05, clipNorm: 1 }
const shapes = {
  'mlp.weight': [3, 4],
  'mlp.bias': [4],
  pos_embed: [2, 2],
  'ln.weight': [3],
  'pool.query': [1, 3],
  'pool.bias': [3],
  logit_scale: [],
  'ln.bias': [2],
}
const decayed = ['mlp.weight']
const groups = [
  { prefix: 'mlp.bias', rateScale: 0, decayScale: 1 },
  { prefix: 'mlp.', rateScale: 0.25, decayScale: 8 },
  { prefix: 'mlp.weight', rateScale: 9, decayScale: 1 },
  { prefix: 'pool.', rateScale: 3, decayScale: 1 },
]
/** The rates that the groups give each parameter, computed by hand. */
const grouped: Readonly<Record<string, { readonly scale: number; readonly decay?: number }>> = {
  'mlp.bias': { scale: 0 },
  'mlp.weight': { scale: 0.25, decay: 0.4 },
  'pool.query': { scale: 3 },
  'pool.bias': { scale: 3 },
}
const zerosOf = (shape: readonly number[]) => floats(new Float32Array(shape.reduce((a, b) => a * b, 1)), shape)
const random = createRandom(1, 'adamw')
const draw = (scale: number): Record<string, Float64Array> =>
  Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [
      name,
      // Numbers that float32 holds, so that both sides begin alike.
      Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => Math.fround(random.between(-scale, scale))),
    ]),
  )

/** AdamW (Loshchilov and Hutter, algorithm 2) after clipping by the global norm, in float64. */
function reference(weights: Record<string, Float64Array>, spec: AdamWSpec) {
  const zeros = () => Object.fromEntries(Object.entries(weights).map(([name, w]) => [name, new Float64Array(w.length)]))
  const [first, second] = [zeros(), zeros()]
  return (gradients: Record<string, Float64Array>, { rate, step }: { rate: number; step: number }): number => {
    const special = spec.groups === undefined ? {} : grouped
    const learning = Object.entries(gradients).filter(([name]) => special[name]?.scale !== 0)
    const norm = Math.sqrt(learning.reduce((sum, [, g]) => sum + g.reduce((s, x) => s + x * x, 0), 0))
    const clip = Math.min(1, spec.clipNorm / (norm + 1e-6))
    for (const [name, w] of Object.entries(weights)) {
      const { scale = 1, decay: ownDecay = spec.weightDecay } = special[name] ?? {}
      if (scale === 0) continue
      w.forEach((old, i) => {
        const g = (gradients[name]?.[i] ?? 0) * clip
        const [m, v] = [first[name], second[name]]
        if (m === undefined || v === undefined) return
        m[i] = spec.beta1 * (m[i] ?? 0) + (1 - spec.beta1) * g
        v[i] = spec.beta2 * (v[i] ?? 0) + (1 - spec.beta2) * g * g
        const unbiased = [(m[i] ?? 0) / (1 - spec.beta1 ** step), (v[i] ?? 0) / (1 - spec.beta2 ** step)] as const
        const decay = decayed.includes(name) ? ownDecay * old : 0
        w[i] = old - rate * scale * (unbiased[0] / (Math.sqrt(unbiased[1]) + 1e-8) + decay)
      })
    }
    return norm
  }
}

type Inputs = AdamWState & { readonly gradients: Weights; readonly learningRate: tf.Tensor; readonly step: tf.Tensor }

for (const [name, scale, spec] of [
  ['clipped', 3, plain],
  ['not clipped', 0.01, plain],
  ['clipped, by groups of parameters,', 3, { ...plain, groups }],
] as const)
  test(`thirty updates by gradients that are ${name} are those of the formulas in float64`, async () => {
    const expected = draw(1)
    const asFloats = (of: Record<string, Float64Array>) =>
      Object.fromEntries(
        Object.entries(shapes).map(([key, shape]) => [key, floats(Float32Array.from(of[key] ?? []), shape)]),
      )
    const zeros = () => asFloats(Object.fromEntries(Object.entries(expected).map(([k, w]) => [k, w.map(() => 0)])))
    const step = jit(
      ({ gradients, learningRate, step: at, ...state }: Inputs) =>
        adamw(state, { gradients, learningRate, step: at }, spec),
      { engine: await chooseEngine('cpu', 1) },
    )
    const update = reference(expected, spec)
    let state = { weights: asFloats(expected), first: zeros(), second: zeros() } as Parameters<typeof step>[0]
    for (let number = 1; number <= 30; number++) {
      const gradients = draw(scale)
      const rate = Math.fround(0.01 / number)
      const given = { gradients: asFloats(gradients), learningRate: scalarOf(rate), step: scalarOf(number) }
      const { gradientNorm, ...next } = await step({ ...state, ...given })
      const norm = update(gradients, { rate, step: number })
      assert.ok(Math.abs((floatsOf(gradientNorm)[0] ?? 0) - norm) < 1e-5 * norm, 'the norm is that before clipping')
      state = { ...next, ...given }
    }
    for (const [key, values] of Object.entries(expected)) {
      const found = state.weights[key]
      if (found === undefined) throw new Error(`There is no '${key}'`)
      values.forEach((value, i) => {
        assert.ok(
          Math.abs((floatsOf(found)[i] ?? 0) - value) < 2e-6,
          `${key}[${i}]: ${floatsOf(found)[i]}, not ${value}`,
        )
      })
    }
    await step.dispose()
  })

test('layers learn at rates that fall with their depth, as BEiT and MAE have it', () => {
  const names = [
    ...[
      'visual.patch_embed.weight',
      'visual.pos_embed',
      'visual.blocks.0.ln_1.weight',
      'visual.blocks.2.mlp.c_fc.bias',
    ],
    ...['visual.ln_post.weight', 'visual.attn_pool.query', 'visual.proj', 'text.token_embedding.weight'],
    ...['text.pos_embed', 'text.blocks.0.attn.in_proj.weight', 'text.blocks.10.cross_attn.q_proj.bias', 'text.proj'],
    'logit_scale',
  ]
  const scales = layerScales(names, 0.5)
  // Three blocks of vision and eleven of text: 0.5 to the layers above.
  assert.equal(
    names.map(name => Math.log2(scales.get(name) ?? Number.NaN)),
    [-4, -4, -3, -1, 0, 0, 0, -12, -12, -11, -1, 0, 0].map(x => (x === 0 ? 0 : x)),
  )
  const openClip = [
    ...['positional_embedding', 'visual.class_embedding', 'visual.conv1.weight', 'visual.ln_pre.bias'],
    ...['visual.transformer.resblocks.1.ln_1.weight', 'visual.ln_post.bias', 'visual.proj'],
    ...[
      'transformer.resblocks.0.attn.in_proj_weight',
      'transformer.resblocks.2.mlp.c_fc.bias',
      'token_embedding.weight',
    ],
    ...['ln_final.weight', 'text_projection', 'logit_scale'],
  ]
  assert.equal(
    openClip.map(name => Math.abs(Math.log2(layerScales(openClip, 0.5).get(name) ?? Number.NaN))),
    [4, 3, 3, 3, 1, 0, 0, 3, 1, 4, 0, 0, 0],
  )
  assert.throws(() => layerScales(['mlp.weight'], 0.5), /No parameter is one of a block/)
})

test('a layer that decays moves by its share of the rate, times that of its group', async () => {
  const shapes = { 'visual.pos_embed': [2], 'visual.blocks.0.ln_1.bias': [2], 'visual.proj': [2] }
  const filled = (value: number) =>
    Object.fromEntries(Object.keys(shapes).map(name => [name, floats(Float32Array.of(value, value), [2])]))
  const groups = [{ prefix: 'visual.blocks.', rateScale: 3, decayScale: 1 }]
  const step = jit(
    ({ gradients, learningRate, step: at, ...state }: Inputs) =>
      adamw(state, { gradients, learningRate, step: at }, { ...plain, clipNorm: 1e9, groups, layerDecay: 0.5 }),
    { engine: await chooseEngine('cpu', 1) },
  )
  const state = { weights: filled(1), first: filled(0), second: filled(0), gradients: filled(2) }
  const { weights } = await step({ ...state, learningRate: scalarOf(0.01), step: scalarOf(1) })
  // The first step of Adam is as long as the rate.
  const moved = Object.values(weights).map(array => Math.round((1 - (floatsOf(array)[0] ?? 0)) * 1e5) / 1e3)
  assert.equal(moved, [0.25, 1.5, 1])
  await step.dispose()
})

test('a group without parameters, and nothing left to learn, are refused', async () => {
  const engine = await chooseEngine('cpu', 1)
  const zeros = Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, zerosOf(shape)]))
  const attempt = (given: readonly OptimizerGroup[]) =>
    errorOf(() => {
      const step = jit(
        ({ gradients, learningRate, step: at, ...state }: Inputs) =>
          adamw(state, { gradients, learningRate, step: at }, { ...plain, groups: given }),
        { engine },
      )
      const state = { weights: zeros, first: zeros, second: zeros, gradients: zeros }
      return step({ ...state, learningRate: scalarOf(1), step: scalarOf(1) })
    })
  assert.match(
    await attempt([{ prefix: 'mpl.', rateScale: 1, decayScale: 1 }]),
    "No parameter begins with 'mpl.'; names begin with mlp, pos_embed",
  )
  assert.match(await attempt([{ prefix: '', rateScale: 0, decayScale: 1 }]), 'Every parameter is frozen')
})

test.run()
