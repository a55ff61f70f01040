import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { UserFault } from '../../dsl/diagnostics/faults.ts'
import { createRandom } from '../../runtime/data/random.ts'
import {
  chooseEngine,
  floats,
  floatsOf,
  type HostArray,
  ints,
  jit,
  scalarOf,
  type tf,
} from '../../runtime/engine/mod.ts'
import { initialWeights } from '../../runtime/model/initialise.ts'
import { captionSums, contrastiveLoss } from '../../runtime/train/losses.ts'
import { loadObjective, lossesOf } from '../../runtime/train/objective.ts'
import { objective, pairLosses } from '../../runtime/train/pair_objective.ts'
import { clipConfig, clipWeights } from '../model/tiny_clip.ts'
import { randomBatch, tinyMammut } from '../tiny_models.ts'
import { faultOf, lineSource, near } from './line.ts'

const engine = await chooseEngine('cpu', 1)
type Values = Record<string, tf.Tensor>

/** Runs a function of tensors once. */
async function run(
  inputs: Readonly<Record<string, HostArray>>,
  step: (tensors: Values) => Values,
): Promise<Record<string, Float32Array>> {
  const compiled = jit((tensors: Values) => step(tensors), { engine })
  try {
    const outputs = await compiled(inputs)
    return Object.fromEntries(Object.entries(outputs).map(([name, array]) => [name, floatsOf(array).slice()]))
  } finally {
    await compiled.dispose()
  }
}

/** Two pairs whose own similarity is 1 and whose other similarity is 0. */
const pairs = {
  images: floats(Float32Array.of(1, 0, 0, 1), [2, 2]),
  texts: floats(Float32Array.of(1, 0, 0, 1), [2, 2]),
}
const contrastive = Math.log(1 + Math.exp(-2))

test('the loss is the contrastive one, and each mean at its weight, over at least one item', async () => {
  const inputs = {
    ...pairs,
    logit_scale: scalarOf(Math.log(2)),
    sum: scalarOf(6),
    count: scalarOf(3),
    few: scalarOf(0.5),
  }
  const {
    loss,
    contrastive: found,
    a,
    b,
  } = await run(inputs, given => {
    const need = (name: string): tf.Tensor => given[name] as tf.Tensor
    const means = {
      a: { sum: need('sum'), count: need('count'), weight: 0.25 },
      b: { sum: need('sum'), count: need('few'), weight: 10 },
    }
    return lossesOf({ images: need('images'), texts: need('texts'), means }, given)
  })
  near(found?.[0], contrastive)
  assert.equal([a?.[0], b?.[0]], [2, 6])
  near(loss?.[0], contrastive + 0.25 * 2 + 10 * 6)
})

test('the contrast of an objective is the one asked for', async () => {
  const { loss } = await run({ ...pairs, logit_scale: scalarOf(0) }, given => {
    const parts = { images: given.images as tf.Tensor, texts: given.texts as tf.Tensor, means: {} }
    return lossesOf(parts, given, { kind: 'focal', gamma: 0 })
  })
  // Of two rows each: a pair at a logit of 1 and another at 0.
  near(loss?.[0], Math.log(1 + Math.exp(-1)) + Math.LN2)
})

test('an objective is loaded from its module, which must make one', async () => {
  assert.type(await loadObjective(lineSource()), 'function')
  const module = new URL('./line.js', import.meta.url).href
  assert.match(String(await faultOf(loadObjective({ module, spec: {} }))), /line\.js' exports no 'objective'/)
})

test('the captioning loss is the cross-entropy of the next token, over targets that are not padding', async () => {
  const random = createRandom(6, 'captions')
  const [vocabulary, width] = [5, 3]
  const states = Float32Array.from({ length: 2 * 3 * width }, () => random.between(-1, 1))
  const table = Float32Array.from({ length: vocabulary * width }, () => random.between(-1, 1))
  const tokens = [
    [1, 3, 2, 0],
    [1, 4, 4, 2],
  ]
  const { sum, count } = await run(
    {
      states: floats(states, [2, 3, width]),
      table: floats(table, [vocabulary, width]),
      tokens: ints(Int32Array.from(tokens.flat()), [2, 4]),
    },
    ({ states: s, table: t, tokens: ids }) => captionSums(s as tf.Tensor, ids as tf.Tensor, t as tf.Tensor),
  )
  let expected = 0
  for (const [row, ids] of tokens.entries())
    for (const [at, target] of ids.slice(1).entries()) {
      if (target === 0) continue
      const logit = (id: number) =>
        [0, 1, 2].reduce((all, k) => all + (states[(row * 3 + at) * width + k] ?? 0) * (table[id * width + k] ?? 0), 0)
      const all = Array.from({ length: vocabulary }, (_, id) => Math.exp(logit(id))).reduce((x, y) => x + y)
      expected += Math.log(all) - logit(target)
    }
  near(sum?.[0], expected)
  assert.is(count?.[0], 5)
})

test('the softmax loss is exact where logits are large', async () => {
  const { loss } = await run({ ...pairs, logitScale: scalarOf(Math.log(100)) }, given => ({
    loss: contrastiveLoss(given as never),
  }))
  near(loss?.[0], 0, 1e-6)
  const swapped = { images: pairs.images, texts: floats(Float32Array.of(0, 1, 1, 0), [2, 2]) }
  const wrong = await run({ ...swapped, logitScale: scalarOf(Math.log(100)) }, given => ({
    loss: contrastiveLoss(given as never),
  }))
  near(wrong.loss?.[0], 100, 1e-4)
})

const config = tinyMammut()
const batch = randomBatch(createRandom(1, 'objective'), 3)

test('pairs have a captioning loss at its weight, and none where the weight is 0', async () => {
  const weights = initialWeights(config, 3)
  const names: string[][] = []
  const found = await run({ ...batch, ...weights }, ({ images, tokens, ...given }) => {
    const inputs = { images, tokens } as { images: tf.Tensor; tokens: tf.Tensor }
    const [none, some] = [0, 0.5].map(captionWeight => objective({ config, captionWeight })(inputs, given))
    names.push(Object.keys(none?.means ?? {}), Object.keys(some?.means ?? {}))
    assert.is(some?.means.caption?.weight, 0.5)
    const both = pairLosses(inputs, given, { config, captionWeight: 0.5 })
    const only = pairLosses(inputs, given, { config, captionWeight: 0 })
    return {
      loss: both.loss,
      contrastive: both.contrastive,
      caption: both.caption,
      only: only.loss,
      none: only.caption,
      count: some?.means.caption?.count ?? both.loss,
    }
  })
  assert.equal(names, [[], ['caption']])
  assert.is(found.count?.[0], 15)
  near(found.loss?.[0], (found.contrastive?.[0] ?? 0) + 0.5 * (found.caption?.[0] ?? 0))
  assert.equal([found.only?.[0], found.none?.[0]], [found.contrastive?.[0], 0])
  assert.ok((found.caption?.[0] ?? 0) > 1)
})

test('a model without captions is refused a captioning loss, and a batch without images is an error', async () => {
  const spec = { config: clipConfig, captionWeight: 1 }
  const images = floats(new Float32Array(2 * 3 * 256), [2, 3, 16, 16])
  const tokens = ints(new Int32Array(2 * 16), [2, 16])
  const attempt = (arrays: Readonly<Record<string, HostArray>>) =>
    faultOf(
      run({ ...arrays, ...clipWeights(clipConfig) }, given => {
        const { images: i, tokens: t, ...weights } = given
        const parts = objective(spec)({ ...(i && { images: i }), ...(t && { tokens: t }) }, weights)
        return { images: parts.images }
      }),
    )
  const fault = await attempt({ images, tokens })
  assert.is(fault instanceof UserFault && fault.place, 'caption_weight')
  assert.is(fault instanceof UserFault && fault.message, 'The model writes no captions; set caption_weight to 0')
  assert.match(String(await attempt({ images })), 'A batch lacks images or tokens')
  assert.match(String(await attempt({ tokens })), 'A batch lacks images or tokens')
})

test.run()
