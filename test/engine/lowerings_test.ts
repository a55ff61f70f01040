import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { jit, tf } from '../../runtime/engine/mod.ts'
import { lowerings } from '../../runtime/engine/trace/kernels.ts'
import { binaryCases } from './lowerings/binary.ts'
import type { Case } from './lowerings/case.ts'
import { elementwiseCases } from './lowerings/elementwise.ts'
import { layoutCases } from './lowerings/layout.ts'
import { reductionCases } from './lowerings/reductions.ts'
import { compiledEngine, differences, eagerEngine } from './support.ts'

const cases: readonly Case[] = [...elementwiseCases, ...binaryCases, ...reductionCases, ...layoutCases]

const outputsOf = (values: tf.Tensor | tf.Tensor[]): tf.Tensor[] => (Array.isArray(values) ? values : [values])

/** A scalar in which every element of the outputs has a weight of its own. */
function weighted(outputs: readonly tf.Tensor[]): tf.Tensor {
  const terms = outputs.map((y, n) => {
    const weights = Float32Array.from({ length: y.size }, (_, i) => Math.cos(1.7 * i + n + 1))
    return tf.sum(tf.mul(tf.cast(y, 'float32'), tf.tensor(weights, y.shape)))
  })
  return tf.addN(terms)
}

/** Values of a case, and its gradients where it has any. */
function evaluate({ run, gradient }: Case, inputs: readonly tf.Tensor[]) {
  const values = outputsOf(run(...inputs))
  if (!gradient) return { values }
  const isVariable = inputs.map(({ dtype }) => dtype === 'float32')
  const variables = inputs.filter((_, i) => isVariable[i])
  const loss = (...given: tf.Tensor[]) => {
    const rest = [...given]
    return weighted(outputsOf(run(...inputs.map((x, i) => (isVariable[i] ? (rest.shift() ?? x) : x)))))
  }
  return { values, gradients: tf.grads(loss)(variables) }
}

type Inputs = { readonly cases: readonly (readonly tf.Tensor[])[] }

const kernels = [...new Set(cases.map(({ kernel }) => kernel))].sort()

for (const kernel of kernels) {
  const own = cases.filter(one => one.kernel === kernel)
  test(`${kernel}: ${own.length} cases as tfjs' cpu backend`, async () => {
    const step = ({ cases }: Inputs) => ({ cases: own.map((one, i) => evaluate(one, cases[i] ?? [])) })
    const inputs = { cases: own.map(({ inputs }) => inputs) }
    const compiled = jit(step, { engine: compiledEngine(2) })
    const actual = (await compiled(inputs)).cases
    const expected = (await jit(step, { engine: eagerEngine })(inputs)).cases
    const faults = own.flatMap(({ name }, i) => {
      const found = differences(actual[i] ?? [], expected[i] ?? [], { absolute: 2e-6, relative: 2e-5 })
      return found.map(text => `${name}: ${text}`)
    })
    assert.equal(faults, [])
    await compiled.dispose()
  })
}

test('every lowering has a case, and the case reaches its kernel', async () => {
  assert.equal(kernels, Object.keys(lowerings).sort())
  tf.setBackend('cpu')
  for (const { kernel, name, inputs, run } of cases) {
    const { kernelNames } = await tf.profile(() =>
      outputsOf(run(...inputs.map(({ data, shape, dtype }) => tf.tensor(data, [...shape], dtype)))),
    )
    assert.ok(kernelNames.includes(kernel), `${kernel} ${name} runs ${kernelNames}`)
  }
})

test.run()
