/** The closed formulas of costs against the graphs that the engine traces. */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Concepts } from '../../dsl/cost/model_cost.ts'
import {
  embedFlops,
  forwardActivations,
  heatmapFlops,
  parametersOf,
  type MammutSizes as Sizes,
  textActivations,
  textFlops,
  trainActivations,
  trainFlops,
} from '../../dsl/kinds/models/mammut_cost.ts'
import type { MammutSize } from '../../dsl/kinds/models/mammut_sizes.ts'
import { mammutSizes } from '../../dsl/kinds/models/mammut_sizes.ts'
import {
  type OpenClipSizes,
  openClipEmbedFlops,
  openClipForwardActivations,
  openClipParameters,
  openClipTextActivations,
  openClipTextFlops,
  openClipTrainActivations,
  openClipTrainFlops,
} from '../../dsl/kinds/models/openclip_cost.ts'
import { openClipArchitectures } from '../../dsl/kinds/models/openclip_sizes.ts'
import { regionSums } from '../../runtime/distill/region_loss.ts'
import { averageWindows, margins, type QueryTokens, windowEmbeddings, windowStarts } from '../../runtime/distill/sao.ts'
import { costOf } from '../../runtime/engine/graph/cost.ts'
import { type Graph, isApply, topological } from '../../runtime/engine/graph/ir.ts'
import { optimize } from '../../runtime/engine/graph/optimize.ts'
import { flagOf, sizeOf, type TensorType } from '../../runtime/engine/graph/types.ts'
import { tf } from '../../runtime/engine/mod.ts'
import { trace } from '../../runtime/engine/trace/trace.ts'
import { imageStep, textStep } from '../../runtime/evaluate/embed.ts'
import { gridSide, type MammutConfig, parameterShapes } from '../../runtime/model/config.ts'
import type { Weights } from '../../runtime/model/layers.ts'
import { embedImage, imageTokens } from '../../runtime/model/mammut.ts'
import { networkOf } from '../../runtime/model/network.ts'
import type { OpenClipConfig } from '../../runtime/model/openclip_config.ts'
import type { BatchTensors } from '../../runtime/train/objective.ts'
import { pairLosses } from '../../runtime/train/pair_objective.ts'
import { trainStep } from '../../runtime/train/step.ts'

const base: Sizes = {
  image_size: 32,
  patch_size: 8,
  vision: { width: 32, layers: 2, heads: 2 },
  text: { width: 32, layers: 2, heads: 2, context_length: 12, cross_attn_every: 2 },
  embed_dim: 24,
  tokenizer: { vocab_size: 300 },
}

/** Small models that differ in every size. */
const models: readonly Sizes[] = [
  base,
  { ...base, image_size: 64, embed_dim: 64 },
  { ...base, patch_size: 4, tokenizer: { vocab_size: 2560 } },
  { ...base, vision: { width: 96, layers: 5, heads: 4 } },
  { ...base, text: { ...base.text, width: 80, layers: 5, heads: 4, cross_attn_every: 1 } },
  { ...base, text: { ...base.text, layers: 4, context_length: 32, cross_attn_every: 3 } },
  { ...base, image_size: 96, patch_size: 16, vision: { width: 128, layers: 3, heads: 8 } },
  { ...base, vision: { ...base.vision, mlp: 100 }, text: { ...base.text, mlp: 144 } },
]

const configOf = ({ image_size, patch_size, vision, text, embed_dim, tokenizer }: Sizes): MammutConfig => ({
  imageSize: image_size,
  patchSize: patch_size,
  vision,
  text: {
    ...{ width: text.width, layers: text.layers, heads: text.heads, mlp: text.mlp, vocabSize: tokenizer.vocab_size },
    ...{ contextLength: text.context_length, crossAttnEvery: text.cross_attn_every },
  },
  embedDim: embed_dim,
  mlpRatio: 4,
})

const float = (...shape: readonly number[]): TensorType => ({ shape, dtype: 'float32' })
const int = (...shape: readonly number[]): TensorType => ({ shape, dtype: 'int32' })
const weightTypes = (config: MammutConfig) =>
  Object.fromEntries(Object.entries(parameterShapes(config)).map(([name, shape]) => [name, float(...shape)]))

/** FLOPs of a graph's matrix products. */
const productFlops = (graph: Graph): number =>
  topological(graph)
    .filter(isApply)
    .filter(({ op }) => op === 'matmul' || op === 'linear')
    .reduce((sum, { shape, inputs, attributes }) => {
      const inner = inputs[0]?.shape.at(flagOf(attributes, 'transposeA') ? -2 : -1) ?? 1
      return sum + 2 * sizeOf(shape) * inner
    }, 0)

const concepts: Concepts = { count: 2, prompts: 5, against: 4 }

const queryTypes = (config: MammutConfig) => {
  const texts = (count: number) => int(count, config.text.contextLength)
  return [
    { prompts: texts(2), against: texts(1) },
    { prompts: texts(3), against: texts(3) },
  ]
}

interface Step {
  readonly batch: number
  readonly captions?: boolean
  readonly region?: boolean
  readonly recompute?: boolean
}

/** The graph that a training stage runs. */
function trainGraph(sizes: Sizes, { batch, captions = true, region = false, recompute = false }: Step): Graph {
  const config = configOf(sizes)
  const weights = weightTypes(config)
  const patches = gridSide(config) ** 2
  const queries = queryTypes(config)
  const losses = (given: BatchTensors, values: Readonly<Record<string, tf.Tensor>>) => {
    const { images, tokens, labels, certain } = given
    if (!images || !tokens || !labels || !certain) throw new Error('The batch lacks a tensor')
    const computed = { ...config, recompute }
    const pair = pairLosses({ images, tokens }, values, { config: computed, captionWeight: captions ? 1 : 0 })
    const { loss } = pair
    if (!region || !pair.imageTokens) return { loss }
    const asked = queries.map((_, i): QueryTokens => {
      const [prompts, against] = [given[`prompts.${i}`], given[`against.${i}`]]
      if (!prompts || !against) throw new Error('The batch lacks a query')
      return { prompts, against }
    })
    const { sum, count } = regionSums(pair.imageTokens, { labels, certain }, values, { config, queries: asked })
    return { loss: tf.add(loss, tf.div(sum, tf.maximum(count, 1))) }
  }
  const optimizer = { beta1: 0.9, beta2: 0.98, weightDecay: 0.05, clipNorm: 1 }
  const given = {
    images: float(batch, 3, config.imageSize, config.imageSize),
    tokens: int(batch, config.text.contextLength),
    labels: float(batch, patches, concepts.count),
    certain: float(batch, patches, concepts.count),
    ...Object.fromEntries(
      queries.flatMap(({ prompts, against }, i) => [
        [`prompts.${i}`, prompts],
        [`against.${i}`, against],
      ]),
    ),
  }
  const state = { weights, first: weights, second: weights, average: {} }
  const types = { ...state, batch: given, learningRate: float(), step: float() }
  return optimize(trace(trainStep(losses, optimizer), types).graph)
}

const describe = (sizes: Sizes): string => JSON.stringify(sizes)

test('parameters are those of the model', () => {
  for (const sizes of models) assert.is(parametersOf(sizes), networkOf(configOf(sizes)).parameters, describe(sizes))
})

/** Parameters of each named size: all of them, and those of the text decoder alone. */
const named: { readonly [size in MammutSize]: readonly [number, number] } = {
  micro: [2_117_633, 1_208_576],
  tiny: [13_562_113, 7_852_416],
  small: [53_715_457, 31_310_592],
  base: [150_946_305, 62_391_296],
  large: [434_978_305, 126_813_696],
  paper: [815_296_433, 396_210_496],
}

test('each named size has the parameters that are written down for it, by formula, by shapes and in the traced step', () => {
  for (const [name, dimensions] of Object.entries(mammutSizes)) {
    const sizes: Sizes = { ...dimensions, text: { ...dimensions.text, cross_attn_every: 2 } }
    const config = configOf(sizes)
    const found = [parametersOf(sizes), textParameters(config)]
    assert.equal(found, Object.entries(named).find(([key]) => key === name)?.[1], name)
    assert.is(networkOf(config).parameters, found[0], name)
    const graph = trainGraph(sizes, { batch: 2 })
    assert.is(costOf(graph, { parameters: 'weights' }).parameters, found[0], name)
    assert.is(trainFlops(sizes, { batch: 2, captions: true }), productFlops(graph), name)
  }
})

const textParameters = (config: MammutConfig): number =>
  Object.entries(parameterShapes(config))
    .filter(([name]) => name.startsWith('text.'))
    .reduce((sum, [, shape]) => sum + shape.reduce((product, side) => product * side, 1), 0)

test("FLOPs of a training step are those of the traced graph's matrix products, to the last one", () => {
  for (const sizes of models)
    for (const batch of [4, 24])
      for (const captions of [true, false])
        assert.is(
          trainFlops(sizes, { batch, captions }),
          productFlops(trainGraph(sizes, { batch, captions })),
          `${describe(sizes)}, batch ${batch}, ${captions ? 'with' : 'without'} captions`,
        )
})

test('FLOPs of a training step with region loss are those of the traced graph', () => {
  for (const sizes of models)
    assert.is(
      trainFlops(sizes, { batch: 8, captions: true, concepts }),
      productFlops(trainGraph(sizes, { batch: 8, region: true })),
      describe(sizes),
    )
})

test('matrix products are nearly all FLOPs of a step', () => {
  for (const sizes of models) {
    const graph = trainGraph(sizes, { batch: 16 })
    const share = productFlops(graph) / costOf(graph, { parameters: 'weights' }).flops
    assert.ok(share > 0.93 && share <= 1, `${share} for ${describe(sizes)}`)
  }
})

const clipBase: OpenClipSizes = {
  image_size: 32,
  patch_size: 8,
  vision: { width: 48, layers: 2, heads: 3 },
  text: { width: 32, layers: 3, heads: 2, context_length: 12 },
  embed_dim: 24,
  vocab_size: 300,
}
const clips: readonly OpenClipSizes[] = [
  clipBase,
  { ...clipBase, image_size: 64, embed_dim: 40, vision: { width: 64, layers: 3, heads: 4, mlp: 200 } },
  {
    ...clipBase,
    patch_size: 4,
    vocab_size: 900,
    text: { width: 80, layers: 2, heads: 4, context_length: 20, mlp: 96 },
  },
]

const clipConfigOf = ({
  image_size,
  patch_size,
  vision,
  text,
  embed_dim,
  vocab_size,
}: OpenClipSizes): OpenClipConfig => {
  const tower = ({ width, layers, heads, mlp = 4 * width }: OpenClipSizes['vision']) =>
    ({ width, layers, heads, mlpRatio: mlp / width }) as const
  return {
    ...{ kind: 'openclip', embedDim: embed_dim, quickGelu: false },
    vision: { imageSize: image_size, patchSize: patch_size, ...tower(vision) },
    text: { contextLength: text.context_length, vocabSize: vocab_size, ...tower(text) },
  }
}

test('costs of CLIP models are those of their shapes and of the traced graphs', () => {
  for (const sizes of clips) {
    const config = clipConfigOf(sizes)
    const network = networkOf(config)
    assert.is(openClipParameters(sizes), network.parameters)
    const weights = Object.fromEntries(Object.entries(network.shapes).map(([name, shape]) => [name, float(...shape)]))
    const batch = 16
    const images = float(batch, 3, sizes.image_size, sizes.image_size)
    const losses = (given: BatchTensors, values: Weights) => ({
      loss: pairLosses(given, values, { config, captionWeight: 0 }).loss,
    })
    const given = { images, tokens: int(batch, sizes.text.context_length) }
    const state = { weights, first: weights, second: weights, average: {} }
    const optimizer = { beta1: 0.9, beta2: 0.98, weightDecay: 0.05, clipNorm: 1 }
    const types = { ...state, batch: given, learningRate: float(), step: float() }
    const step = optimize(trace(trainStep(losses, optimizer), types).graph)
    const where = JSON.stringify(sizes)
    assert.is(openClipTrainFlops(sizes, batch), productFlops(step), where)
    const traced = costOf(step, { parameters: 'weights' }).peakBytes / 4
    const kept = (openClipTrainActivations(sizes, { batch }) + network.parameters) / traced
    assert.ok(kept > 0.8 && kept < 1.3, `${kept} for ${where}`)
    const forward = optimize(trace(imageStep(network), { images, weights }).graph)
    assert.is(openClipEmbedFlops(sizes, batch), productFlops(forward), where)
    const held = (openClipForwardActivations(sizes, batch) * 4) / costOf(forward, { parameters: 'weights' }).peakBytes
    assert.ok(held > 0.85 && held < 1.25, `${held} for ${where}`)
    const reading = optimize(trace(textStep(network), { tokens: given.tokens, weights }).graph)
    assert.is(openClipTextFlops(sizes, batch), productFlops(reading), where)
    const read = (openClipTextActivations(sizes, batch) * 4) / costOf(reading, { parameters: 'weights' }).peakBytes
    assert.ok(read > 0.75 && read < 1.25, `${read} for ${where}`)
  }
})

test('architectures of OpenCLIP have the parameters that are known of them', () => {
  // Radford et al. and OpenCLIP's table of models, in millions.
  const known = {
    'ViT-B-32': 151.28,
    'ViT-B-16': 149.62,
    'ViT-L-14': 427.62,
    'ViT-L-14-336': 427.94,
    'ViT-H-14': 986.11,
    'ViT-g-14': 1366.68,
  }
  for (const [name, millions] of Object.entries(known)) {
    const found = Object.entries(openClipArchitectures).find(([key]) => key === name)?.[1]
    assert.is(found && Math.round(openClipParameters(found) / 1e4) / 100, millions, name)
  }
})

test('activations of a training step that computes blocks again are near the most that the traced graph holds', () => {
  const deep = [
    ...models,
    { ...base, vision: { width: 64, layers: 12, heads: 4 }, text: { ...base.text, width: 64, layers: 10 } },
  ]
  for (const sizes of deep)
    for (const captions of [false, true]) {
      const graph = trainGraph(sizes, { batch: 64, captions, recompute: true })
      const traced = costOf(graph, { parameters: 'weights' }).peakBytes / 4
      const estimated = trainActivations(sizes, { batch: 64, captions, recompute: true })
      const ratio = (estimated + parametersOf(sizes)) / traced
      assert.ok(ratio > 0.85 && ratio < 1.3, `${ratio} for ${describe(sizes)}${captions ? ' with captions' : ''}`)
    }
})

test('activations of a training step are near the most that the traced graph holds', () => {
  for (const sizes of models)
    for (const region of [false, true]) {
      const graph = trainGraph(sizes, { batch: 64, region })
      const traced = costOf(graph, { parameters: 'weights' }).peakBytes / 4
      const estimated = trainActivations(sizes, { batch: 64, captions: true, ...(region && { concepts }) })
      const ratio = (estimated + parametersOf(sizes)) / traced
      assert.ok(ratio > 0.85 && ratio < 1.3, `${ratio} for ${describe(sizes)}${region ? ' with regions' : ''}`)
    }
})

test('FLOPs and activations of embedding images are those of the traced graph', () => {
  for (const sizes of models) {
    const config = configOf(sizes)
    const images = float(16, 3, config.imageSize, config.imageSize)
    type Given = { readonly images: tf.Tensor; readonly weights: Record<string, tf.Tensor> }
    const step = ({ images, weights }: Given) => ({
      embeddings: embedImage(imageTokens(images, weights, config), weights, config),
    })
    const graph = optimize(trace(step, { images, weights: weightTypes(config) }).graph)
    assert.is(embedFlops(sizes, 16), productFlops(graph), describe(sizes))
    const ratio = (forwardActivations(sizes, 16) * 4) / costOf(graph, { parameters: 'weights' }).peakBytes
    assert.ok(ratio > 0.9 && ratio < 1.2, `${ratio} for ${describe(sizes)}`)
  }
})

test('FLOPs and activations of embedding texts are those of the traced graph', () => {
  for (const sizes of models) {
    const config = configOf(sizes)
    const tokens = int(16, config.text.contextLength)
    const graph = optimize(trace(textStep(networkOf(config)), { tokens, weights: weightTypes(config) }).graph)
    assert.is(textFlops(sizes, 16), productFlops(graph), describe(sizes))
    const ratio = (textActivations(sizes, 16) * 4) / costOf(graph, { parameters: 'weights' }).peakBytes
    assert.ok(ratio > 0.8 && ratio < 1.2, `${ratio} for ${describe(sizes)}`)
  }
})

test('the step that gives features and embeddings computes no more than that of embeddings', () => {
  for (const sizes of models) {
    const config = configOf(sizes)
    const images = float(16, 3, config.imageSize, config.imageSize)
    const graph = optimize(trace(imageStep(networkOf(config)), { images, weights: weightTypes(config) }).graph)
    assert.is(productFlops(graph), embedFlops(sizes, 16), describe(sizes))
  }
})

test('FLOPs of heatmaps are those of the traced graph, of single patches and of windows', () => {
  for (const sizes of models)
    for (const spec of [
      { window: 1, stride: 1 },
      { window: 2, stride: 1 },
      { window: 3, stride: 2 },
    ]) {
      const config = configOf(sizes)
      type Given = {
        readonly images: tf.Tensor
        readonly queries: readonly QueryTokens[]
        readonly weights: Record<string, tf.Tensor>
      }
      const step = ({ images, queries, weights }: Given) => {
        const regions = windowEmbeddings(imageTokens(images, weights, config), weights, { config, spec })
        return { margins: averageWindows(margins(regions, queries, weights, config), { config, spec }) }
      }
      const images = float(8, 3, config.imageSize, config.imageSize)
      const given = { images, queries: queryTypes(config), weights: weightTypes(config) }
      const graph = optimize(trace(step, given).graph)
      const windows = spec.window === 1 ? {} : { windows: windowStarts(gridSide(config), spec).length ** 2 }
      assert.is(
        heatmapFlops(sizes, { batch: 8, concepts, ...windows }),
        productFlops(graph),
        `${describe(sizes)}, window ${spec.window}`,
      )
    }
})

test.run()
