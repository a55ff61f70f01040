import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { chooseEngine, floatsOf, type HostArray, jit, tf } from '../../runtime/engine/mod.ts'
import { unit, weight } from '../../runtime/model/layers.ts'
import { encodeImage, encodeText, readOpenClip } from '../../runtime/model/openclip.ts'
import { parseOpenClipConfig } from '../../runtime/model/openclip_config.ts'
import { readSafetensors } from '../../runtime/model/safetensors.ts'
import { contrastiveLoss } from '../../runtime/train/losses.ts'
import { relativeError, sharedPath, testWithShared } from '../support.ts'

interface Batch {
  readonly weights: Record<string, tf.Tensor>
  readonly image: tf.Tensor
  readonly text: tf.Tensor
}

for (const name of ['openclip_vit_tiny', 'openclip_vit_tiny_quickgelu']) {
  testWithShared(test, `goldens/${name}`, `${name}: features, loss and every gradient`, async () => {
    const folder = sharedPath(`goldens/${name}`)
    const files = { config: `${folder}/config.json`, weights: `${folder}/weights.safetensors` }
    const { config, weights } = await readOpenClip(files)
    const golden = (await readSafetensors(`${folder}/case.safetensors`)).arrays
    const need = (key: string): HostArray => {
      const array = golden[key]
      if (array === undefined) throw new Error(`The golden has no ${key}`)
      return array
    }

    const step = ({ weights, image, text }: Batch) => {
      const names = Object.keys(weights)
      const objective = (...values: tf.Tensor[]) => {
        const given = Object.fromEntries(names.map((key, i) => [key, values[i] ?? image]))
        const images = unit(encodeImage(image, given, config))
        return contrastiveLoss({
          images,
          texts: unit(encodeText(text, given, config)),
          logitScale: weight(given, 'logit_scale'),
        }) as tf.Scalar
      }
      const { value, grads } = tf.valueAndGrads(objective)(Object.values(weights))
      return {
        // What open_clip's forward pass returns is normalised.
        image_features: unit(encodeImage(image, weights, config)),
        text_features: unit(encodeText(text, weights, config)),
        logit_scale: tf.exp(weight(weights, 'logit_scale')),
        loss: value as tf.Tensor,
        ...Object.fromEntries(names.map((key, i) => [`grad.${key}`, grads[i] ?? image])),
      }
    }
    const compiled = jit(step, { engine: await chooseEngine('cpu', 1) })
    const result = await compiled({ weights, image: need('image'), text: need('text') })
    for (const [key, array] of Object.entries(result)) {
      const error = relativeError(floatsOf(array), floatsOf(need(key)))
      assert.ok(error < 1e-4, `${key}: relative error ${error}`)
    }
    const made = Object.keys(golden).filter(key => key !== 'image' && key !== 'text')
    assert.equal(Object.keys(result).sort(), made.sort())
    await compiled.dispose()
  })
}

const sizes = { embed_dim: 512, vision_cfg: { width: 768, patch_size: 32 }, text_cfg: {} }

test('sizes that a configuration leaves out are those of open_clip', () => {
  const config = parseOpenClipConfig({ model_cfg: sizes, preprocess_cfg: {} })
  assert.equal(config.vision, { imageSize: 224, patchSize: 32, width: 768, layers: 12, heads: 12, mlpRatio: 4 })
  assert.equal(config.text, { contextLength: 77, vocabSize: 49408, width: 512, layers: 12, heads: 8, mlpRatio: 4 })
  assert.is(config.quickGelu, false)
})

test('another kind of encoder is refused by the key that asks for it', () => {
  assert.throws(
    () => parseOpenClipConfig({ ...sizes, vision_cfg: { timm_model_name: 'convnext_base' } }),
    "'vision_cfg.timm_model_name' is not supported",
  )
  assert.throws(() => parseOpenClipConfig({ ...sizes, vision_cfg: { layers: [3, 4, 6, 3] } }), 'not a positive number')
  assert.throws(() => parseOpenClipConfig({ vision_cfg: {}, text_cfg: {} }), "'embed_dim' is missing")
})

test.run()
