import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { chooseEngine, floatsOf, type HostArray, jit, tf } from '../../runtime/engine/mod.ts'
import { unit, weight } from '../../runtime/model/layers.ts'
import { encodeImage, encodeText, readOpenClipWeights } from '../../runtime/model/openclip.ts'
import { readSafetensors } from '../../runtime/model/safetensors.ts'
import { contrastiveLoss } from '../../runtime/train/losses.ts'
import { relativeError, sharedPath, testWithShared } from '../support.ts'
import { readOpenClipJson } from './openclip_json.ts'

interface Batch {
  readonly weights: Record<string, tf.Tensor>
  readonly image: tf.Tensor
  readonly text: tf.Tensor
}

for (const name of ['openclip_vit_tiny', 'openclip_vit_tiny_quickgelu']) {
  testWithShared(test, `goldens/${name}`, `${name}: features, loss and every gradient`, async () => {
    const folder = sharedPath(`goldens/${name}`)
    const config = await readOpenClipJson(`${folder}/config.json`)
    const weights = await readOpenClipWeights(`${folder}/weights.safetensors`, config)
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

test.run()
