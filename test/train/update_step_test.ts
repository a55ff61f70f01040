import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { UserFault } from '../../dsl/diagnostics/faults.ts'
import { chooseEngine, floats, floatsOf, type HostArray, jit, scalarOf, type tf } from '../../runtime/engine/mod.ts'
import type { Weights } from '../../runtime/model/layers.ts'
import { type AdamWSpec, isDecayed } from '../../runtime/train/adamw.ts'
import { layerScales } from '../../runtime/train/layer_decay.ts'
import { type UpdateSpec, type UpdateState, update } from '../../runtime/train/update.ts'
import { faultOf, near } from './line.ts'

const engine = await chooseEngine('cpu', 1)
const plain: AdamWSpec = { beta1: 0.9, beta2: 0.98, weightDecay: 0, clipNorm: 1e9 }

type Values = Readonly<Record<string, readonly number[] | number>>
type Inputs = UpdateState & { readonly gradients: Weights; readonly learningRate: tf.Tensor; readonly step: tf.Tensor }

const arraysOf = (values: Values): Record<string, HostArray> =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      typeof value === 'number'
        ? scalarOf(value)
        : floats(Float32Array.from(value), name.startsWith('m') ? [1, value.length] : undefined),
    ]),
  )

/** The numbers after one update from moments of zero, or from those given. */
async function after(
  weights: Values,
  gradients: Values,
  {
    spec = plain,
    rate = 0.1,
    step: number = 1,
    average = {},
    ...moments
  }: { spec?: UpdateSpec; rate?: number; step?: number; average?: Values; first?: Values; second?: Values } = {},
) {
  const zeros = Object.fromEntries(
    Object.entries(weights).map(([name, value]) => [name, typeof value === 'number' ? 0 : value.map(() => 0)]),
  )
  const step = jit(
    ({ gradients: given, learningRate, step: at, ...state }: Inputs) =>
      update(state, { gradients: given, learningRate, step: at }, spec),
    { engine },
  )
  try {
    const { gradientNorm, logitScale, ...next } = await step({
      weights: arraysOf(weights),
      first: arraysOf(moments.first ?? zeros),
      second: arraysOf(moments.second ?? zeros),
      average: arraysOf(average),
      gradients: arraysOf(gradients),
      learningRate: scalarOf(rate),
      step: scalarOf(number),
    })
    const numbers = (arrays: Readonly<Record<string, unknown>>) =>
      Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, [...floatsOf(array as HostArray)]]))
    return {
      weights: numbers(next.weights),
      first: numbers(next.first),
      second: numbers(next.second),
      average: numbers(next.average),
      norm: floatsOf(gradientNorm)[0] ?? Number.NaN,
      logitScale: floatsOf(logitScale)[0] ?? Number.NaN,
    }
  } finally {
    await step.dispose()
  }
}

test('the logit scale stops at the logarithm of 100', async () => {
  const bound = Math.fround(Math.log(100))
  const { weights, logitScale } = await after({ logit_scale: 4.6 }, { logit_scale: -1 })
  assert.equal([weights.logit_scale, logitScale], [[bound], bound])
  // The first step of Adam is as long as the rate.
  const below = await after({ logit_scale: 4.4 }, { logit_scale: -1 })
  near(below.logitScale, 4.5)
  near((await after({ logit_scale: 4.6 }, { logit_scale: 1 })).logitScale, 4.5)
  near((await after({ logit_scale: -3 }, { logit_scale: 1 })).logitScale, -3.1)
})

test('epsilon of Adam is 1e-8, beside the unbiased root', async () => {
  // A gradient of 1e-8 from moments of zero has an unbiased root of 1e-8, which makes half a step.
  const { weights } = await after({ v: [1], logit_scale: 0 }, { v: [1e-8], logit_scale: 0 })
  near(1 - (weights.v?.[0] ?? 0), 0.05, 1e-6)
})

test('gradients are clipped by their global norm, to which 1e-6 is added', async () => {
  const spec = { ...plain, clipNorm: 2 }
  const { first, second, norm } = await after(
    { v: [0, 0], m: [0], logit_scale: 0 },
    { v: [3, 0], m: [4], logit_scale: 12 },
    { spec },
  )
  assert.is(norm, 13)
  near(first.v?.[0], 0.1 * 3 * (2 / 13), 1e-6)
  near(first.m?.[0], 0.1 * 4 * (2 / 13), 1e-6)
  near(second.v?.[0], 0.02 * (3 * (2 / 13)) ** 2, 1e-7)
  // A norm of 1e-6 at a bound of 1e-6 is halved by the addition.
  const tiny = await after(
    { v: [0], logit_scale: 0 },
    { v: [1e-6], logit_scale: 0 },
    { spec: { ...plain, clipNorm: 1e-6 } },
  )
  near((tiny.first.v?.[0] ?? 0) / 1e-7, 0.5, 1e-4)
  // Below the bound nothing is scaled.
  const free = await after({ v: [0], logit_scale: 0 }, { v: [1], logit_scale: 0 }, { spec })
  near(free.first.v?.[0], 0.1, 1e-7)
})

test('moments are means that decay, and are corrected for their start', async () => {
  const { weights, first, second } = await after(
    { v: [2], logit_scale: 0 },
    { v: [0.5], logit_scale: 0 },
    { first: { v: [0.3], logit_scale: 0 }, second: { v: [0.04], logit_scale: 0 }, step: 3 },
  )
  const [m, v] = [0.9 * 0.3 + 0.1 * 0.5, 0.98 * 0.04 + 0.02 * 0.25]
  near(first.v?.[0], m, 1e-7)
  near(second.v?.[0], v, 1e-8)
  near(weights.v?.[0], 2 - (0.1 * (m / (1 - 0.9 ** 3))) / Math.sqrt(v / (1 - 0.98 ** 3)), 1e-6)
})

test('weight decay shrinks matrices alone, by rate and scale of their group', async () => {
  const spec = {
    ...plain,
    weightDecay: 0.5,
    groups: [{ prefix: 'mb', rateScale: 0.5, decayScale: 3 }],
  }
  const zero = { ma: [0], mb: [0], v: [0], logit_scale: 0 }
  const { weights } = await after({ ma: [8], mb: [8], v: [8], logit_scale: 2 }, zero, { spec })
  near(weights.ma?.[0], 8 * (1 - 0.1 * 0.5))
  near(weights.mb?.[0], 8 * (1 - 0.1 * 0.5 * 1.5))
  assert.equal([weights.v, weights.logit_scale], [[8], [2]])
})

test('decay spares vectors, positions and the pooling query', () => {
  const names = [
    'text.proj',
    'visual.pos_embed',
    'positional_embedding',
    'visual.attn_pool.query',
    'query.weight',
    'pos_embed.weight',
  ]
  assert.equal(
    names.map(name => isDecayed(name, [2, 2])),
    [true, false, false, false, true, true],
  )
  assert.equal([isDecayed('a', [4]), isDecayed('a', []), isDecayed('a', [1, 1, 1])], [false, false, true])
})

test('the first group whose prefix fits a name counts, and a rate of 0 freezes weight and moments', async () => {
  const groups = [
    { prefix: 'v.frozen', rateScale: 0, decayScale: 1 },
    { prefix: 'v.', rateScale: 2, decayScale: 1 },
    { prefix: 'v.f', rateScale: 9, decayScale: 1 },
  ]
  const ones = { 'v.fast': [1, 1], 'v.frozen': [1], w: [1], logit_scale: 1 }
  const { weights, first, norm } = await after(ones, ones, { spec: { ...plain, groups } })
  near(weights['v.fast']?.[0], 0.8)
  near(weights['v.fast']?.[1], 0.8)
  near(weights.w?.[0], 0.9)
  near(weights.logit_scale?.[0], 0.9)
  assert.equal([weights['v.frozen'], first['v.frozen']], [[1], [0]])
  near(norm, 2)
})

test('a gradient that is one zero for a whole vector leaves the vector as it is', async () => {
  const { weights } = await after({ v: [3, 4], w: [5, 6], logit_scale: 0 }, { v: 0, w: [1, -1], logit_scale: 0 })
  assert.equal(weights.v, [3, 4])
  near(weights.w?.[0], 4.9)
  near(weights.w?.[1], 6.1)
})

test('vectors at one rate are updated each by its own numbers', async () => {
  const spec = { ...plain, groups: [{ prefix: 'slow', rateScale: 0.5, decayScale: 1 }] }
  const { weights, first } = await after(
    { a: [1, 2], slow: [1], b: [3], c: [4, 5, 6], logit_scale: 0 },
    { a: [1, -1], slow: [1], b: [2], c: [-3, 4, -5], logit_scale: 0 },
    { spec },
  )
  const expected = { a: [0.9, 2.1], slow: [0.95], b: [2.9], c: [4.1, 4.9, 6.1] }
  for (const [name, values] of Object.entries(expected))
    for (const [i, value] of values.entries()) near(weights[name]?.[i], value)
  for (const [i, value] of [-0.3, 0.4, -0.5].entries()) near(first.c?.[i], value, 1e-6)
})

test('faults of groups name the field', async () => {
  const one = { v: [1], logit_scale: 1 }
  const attempt = (spec: AdamWSpec) => faultOf(after(one, one, { spec }))
  const misspelt = await attempt({ ...plain, groups: [{ prefix: 'w', rateScale: 1, decayScale: 1 }] })
  assert.is(misspelt instanceof UserFault && misspelt.place, 'optimizer.groups')
  const flat = await attempt({ ...plain, layerDecay: 0.5 })
  assert.is(flat instanceof UserFault && flat.place, 'optimizer.layer_decay')
  const frozen = await attempt({ ...plain, groups: [{ prefix: '', rateScale: 0, decayScale: 1 }] })
  assert.is(
    frozen instanceof UserFault && frozen.message,
    'Every parameter is frozen; leave a group with a learning rate above 0',
  )
})

test('the average warms up by (1 + t) / (10 + t), up to its decay', async () => {
  /** The share of the way from an average of -3 to weights of 1, which do not move. */
  const at = async (step: number, ema: number) => {
    const { average } = await after(
      { v: [1], logit_scale: 0 },
      { v: [0], logit_scale: 0 },
      {
        ...{ spec: { ...plain, ema }, step },
        average: { v: [-3], logit_scale: 0 },
      },
    )
    return ((average.v?.[0] ?? Number.NaN) + 3) / 4
  }
  near(await at(1, 0.999), 1 - 2 / 11, 1e-6)
  near(await at(8, 0.999), 0.5, 1e-6)
  near(await at(8, 0.4), 0.6, 1e-6)
  near(await at(1e6, 0.75), 0.25, 1e-6)
})

test('without a decay the average is passed on as it is', async () => {
  const { average } = await after({ v: [1], logit_scale: 0 }, { v: [1], logit_scale: 0 }, { average: { v: [7] } })
  assert.equal(average, { v: [7] })
})

test('an average is of the bounded logit scale', async () => {
  const spec = { ...plain, ema: 0.5 }
  const { average } = await after({ logit_scale: 4.6 }, { logit_scale: -1 }, { spec, average: { logit_scale: 0 } })
  near(average.logit_scale?.[0], (1 - 2 / 11) * Math.log(100))
})

test('names of OpenCLIP are sorted into towers and layers', () => {
  const names = [
    ...['visual.transformer.resblocks.0.w', 'visual.conv1.weight', 'visual.proj', 'transformer.resblocks.0.w'],
    ...['transformer.resblocks.2.w', 'token_embedding.weight', 'text_projection', 'logit_scale', 'ln_final.bias'],
  ]
  const scales = layerScales(names, 0.5)
  assert.equal(
    names.map(name => scales.get(name)),
    [0.5, 0.25, 1, 0.125, 0.5, 0.0625, 1, 1, 1],
  )
  // A tower without blocks has no layers to scale.
  assert.equal([...layerScales(['visual.proj', 'visual.blocks.0.w', 'text.pos_embed'], 0.5).values()], [1, 0.5, 1])
})

test('layers below the head are scaled once for each layer above them', () => {
  const scales = layerScales(
    ['visual.blocks.0.w', 'visual.blocks.1.w', 'visual.pos_embed', 'visual.proj', 'text.proj', 'logit_scale'],
    0.5,
  )
  assert.equal([...scales.values()], [0.25, 0.5, 0.125, 1, 1, 1])
})

test.run()
