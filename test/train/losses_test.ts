import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { createRandom } from '../../runtime/data/random.ts'
import { chooseEngine, floats, floatsOf, gradients, jit, scalarOf } from '../../runtime/engine/mod.ts'
import { type Contrast, type ContrastiveInputs, contrastiveLoss } from '../../runtime/train/losses.ts'
import { relativeError } from '../support.ts'

const [pairs, width] = [6, 5]
const random = createRandom(8, 'contrast')

/** Unit rows that float32 holds nearly. */
function rows(): Float32Array {
  const all = Float32Array.from({ length: pairs * width }, () => random.between(-1, 1))
  for (let i = 0; i < pairs; i++) {
    const row = all.subarray(i * width, (i + 1) * width)
    const norm = Math.hypot(...row)
    for (let k = 0; k < width; k++) row[k] = (row[k] ?? 0) / norm
  }
  return all
}

type Loss = (logits: readonly (readonly number[])[]) => number

/** -1/b sum over all pairs of (1 - p)^gamma log p, as RO-ViT writes it. */
const focalOf =
  (gamma: number): Loss =>
  logits => {
    const sigmoid = (z: number) => 1 / (1 + Math.exp(-z))
    const terms = logits.flatMap((row, i) =>
      row.map((z, j) => {
        const p = i === j ? sigmoid(z) : 1 - sigmoid(z)
        return (1 - p) ** gamma * Math.log(p)
      }),
    )
    return -terms.reduce((a, b) => a + b, 0) / logits.length
  }

/** Mean of the cross-entropies of rows and columns. */
const softmax: Loss = logits => {
  const entropy = (row: readonly number[], i: number) =>
    Math.log(row.reduce((sum, z) => sum + Math.exp(z), 0)) - (row[i] ?? Number.NaN)
  const columns = logits.map((_, j) => logits.map(row => row[j] ?? Number.NaN))
  return [...logits, ...columns].reduce((sum, row, i) => sum + entropy(row, i % pairs), 0) / (2 * pairs)
}

const cases: readonly (readonly [Contrast, Loss])[] = [
  [{ kind: 'softmax' }, softmax],
  ...[0, 0.5, 2].map(gamma => [{ kind: 'focal', gamma }, focalOf(gamma)] as const),
]

for (const [contrast, formula] of cases)
  for (const scale of [0.5, 2])
    test(`the contrastive loss ${JSON.stringify(contrast)} at ${scale} and its gradients are those of float64`, async () => {
      const [images, texts] = [rows(), rows()]
      const given = [...images, ...texts, scale]
      const lossOf = (values: readonly number[]): number => {
        const dot = (i: number, j: number) =>
          Array.from({ length: width }, (_, k) => k).reduce(
            (sum, k) => sum + (values[i * width + k] ?? 0) * (values[(pairs + j) * width + k] ?? 0),
            0,
          )
        const factor = Math.exp(values.at(-1) ?? 0)
        const side = Array.from({ length: pairs }, (_, i) => i)
        return formula(side.map(i => side.map(j => factor * dot(i, j))))
      }
      const step = jit(
        ({ images: a, texts: b, logitScale }: ContrastiveInputs) => {
          const loss = () => contrastiveLoss({ images: a, texts: b, logitScale }, contrast)
          const { value, grads } = gradients(loss, [a, b, logitScale])
          return { value, grads: [...grads] }
        },
        { engine: await chooseEngine('cpu', 1) },
      )
      const { value, grads } = await step({
        images: floats(images, [pairs, width]),
        texts: floats(texts, [pairs, width]),
        logitScale: scalarOf(scale),
      })
      const expected = lossOf(given)
      assert.ok(Math.abs((floatsOf(value)[0] ?? 0) - expected) < 1e-5 * Math.abs(expected))
      const slopes = given.map((_, at) => {
        const moved = (by: number) => lossOf(given.map((v, i) => (i === at ? v + by : v)))
        return (moved(1e-5) - moved(-1e-5)) / 2e-5
      })
      const found = Float32Array.from(grads.flatMap(grad => [...floatsOf(grad)]))
      const error = relativeError(found, Float32Array.from(slopes))
      assert.ok(error < 1e-4, `gradients are ${error} off`)
      await step.dispose()
    })

test('the focal loss stays finite at logits of a hundred', async () => {
  const step = jit((given: ContrastiveInputs) => ({ loss: contrastiveLoss(given, { kind: 'focal', gamma: 2 }) }), {
    engine: await chooseEngine('cpu', 1),
  })
  const images = Float32Array.from({ length: pairs * width }, (_, i) =>
    i % width === Math.floor(i / width) % 2 ? 1 : 0,
  )
  const opposite = images.map(x => -x)
  const lossAt = async (texts: Float32Array) => {
    const shape = [pairs, width]
    const given = { images: floats(images, shape), texts: floats(texts, shape), logitScale: scalarOf(Math.log(100)) }
    return floatsOf((await step(given)).loss)[0] ?? Number.NaN
  }
  // Of a row's pairs two are told to belong together and do not, at a loss of 100; three have a logit of 0.
  assert.ok(Math.abs((await lossAt(images)) - (200 + 3 * 0.25 * Math.LN2)) < 0.001)
  assert.ok(Number.isFinite(await lossAt(opposite)))
  await step.dispose()
})

test.run()
