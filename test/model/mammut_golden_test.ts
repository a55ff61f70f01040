import { readFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { chooseEngine, floatsOf, type HostArray, jit, type NdArray, tf } from '../../runtime/engine/mod.ts'
import type { MammutConfig } from '../../runtime/model/config.ts'
import { parameterShapes } from '../../runtime/model/config.ts'
import { affine } from '../../runtime/model/layers.ts'
import { captionStates, embedImage, embedText, imageTokens, tokenTable } from '../../runtime/model/mammut.ts'
import { readSafetensors } from '../../runtime/model/safetensors.ts'
import { pairLosses } from '../../runtime/train/pair_objective.ts'
import { relativeError, sharedPath, testWithShared } from '../support.ts'

function readConfig(path: string): { config: MammutConfig; captionWeight: number } {
  const raw = JSON.parse(readFileSync(path, 'utf8'))
  const { vision, text } = raw
  const config: MammutConfig = {
    imageSize: vision.image_size,
    patchSize: vision.patch_size,
    vision: { width: vision.width, layers: vision.layers, heads: vision.heads },
    text: {
      width: text.width,
      layers: text.layers,
      heads: text.heads,
      contextLength: text.context_length,
      vocabSize: text.vocab_size,
      crossAttnEvery: text.cross_attn_every,
    },
    embedDim: raw.embed_dim,
    mlpRatio: raw.mlp_ratio,
  }
  return { config, captionWeight: raw.caption_weight }
}

type Batch = { readonly weights: Record<string, tf.Tensor>; readonly image: tf.Tensor; readonly tokens: tf.Tensor }

for (const name of ['mammut_tiny', 'mammut_tiny_every3']) {
  testWithShared(test, `goldens/${name}`, `${name}: values, losses and every gradient`, async () => {
    const folder = sharedPath(`goldens/${name}`)
    const { config, captionWeight } = readConfig(`${folder}/config.json`)
    const weights = (await readSafetensors(`${folder}/weights.safetensors`)).arrays
    const golden = (await readSafetensors(`${folder}/case.safetensors`)).arrays
    const shapes = Object.fromEntries(Object.entries(weights).map(([key, array]) => [key, array.shape]))
    assert.equal(shapes, parameterShapes(config))

    const step = ({ weights, image, tokens }: Batch) => {
      const names = Object.keys(weights)
      const losses = (...values: tf.Tensor[]) =>
        pairLosses({ images: image, tokens }, Object.fromEntries(names.map((key, i) => [key, values[i] ?? image])), {
          config,
          captionWeight,
        })
      const { value, grads } = tf.valueAndGrads((...values) => losses(...values).loss as tf.Scalar)(
        Object.values(weights),
      )
      const features = imageTokens(image, weights, config)
      const parts = losses(...Object.values(weights))
      return {
        image_tokens: features,
        image_embedding: embedImage(features, weights, config),
        text_embedding: embedText(tokens, weights, config),
        caption_logits: affine(captionStates(tokens, features, weights, config), tokenTable(weights)),
        contrastive_loss: parts.contrastive,
        caption_loss: parts.caption,
        loss: value as tf.Tensor,
        grad: Object.fromEntries(names.map((key, i) => [key, grads[i] ?? image])),
      }
    }
    const need = (key: string): HostArray => {
      const array = golden[key]
      if (array === undefined) throw new Error(`The golden has no ${key}`)
      return array
    }
    const compiled = jit(step, { engine: await chooseEngine('cpu') })
    const { grad, ...values } = await compiled({ weights, image: need('image'), tokens: need('tokens') })
    const check = (key: string, array: NdArray) => {
      const error = relativeError(floatsOf(array), floatsOf(need(key)))
      assert.ok(error < 1e-4, `${key}: relative error ${error}`)
    }
    for (const [key, array] of Object.entries(values)) check(key, array)
    for (const [key, array] of Object.entries(grad)) check(`grad.${key}`, array)
    assert.is(Object.keys(grad).length, Object.keys(golden).filter(key => key.startsWith('grad.')).length)
    await compiled.dispose()
  })
}

test.run()
