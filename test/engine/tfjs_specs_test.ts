import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { runSpecs, type Verdict } from './tfjs_specs.ts'

/** Files of tfjs-core's specs, each about one operation, and how many of their specs must hold. */
const operations = `abs add_n all any arg_max arithmetic binary_ops boolean_mask broadcast_to ceil clip_by_value clone
concat cos cumsum diag dropout equal erf exp expand_dims expm1 eye fill floor floordiv gather greater greater_equal is_nan
less less_equal log log1p log_sigmoid log_softmax log_sum_exp logical_and logical_not logical_or logical_xor mat_mul max
mean min moments neg norm not_equal one_hot ones ones_like pad prod range reciprocal relu reverse round rsqrt sigmoid sign
sin slice slice1d slice2d slice3d slice4d softmax softplus split sqrt square squeeze stack step strided_slice sub sum tanh
tile transpose unsorted_segment_sum unstack where zeros zeros_like`.split(/\s+/)
const fewest = 1500

/** Errors for features that the engine does not have. */
const refusals = [
  /Kernel '\w+' not registered/,
  /Tensors of dtype '(string|complex64)' cannot be compiled/,
  /tf\.stridedSlice with negative strides cannot be compiled/,
  /tf\.gather with batchDims cannot be compiled/,
]

/** Specs that are known not to hold, by the end of their names. */
const exceptions: Readonly<Record<string, string>> = {
  'argmax terroir-judged {} ignores NaNs': 'the runtime compares with NaN as it comes',
  'max terroir-judged {} return NaNs': 'the runtime leaves NaN out of a maximum',
  'min terroir-judged {} return NaNs': 'the runtime leaves NaN out of a minimum',
  'exp terroir-judged {} int32': 'float32 gives seven digits of 22026.466',
  'gather terroir-judged {} throws when index is out of bound': 'values are known only when the compiled step runs',
}

const refused = ({ failures }: Verdict) => failures.every(failure => refusals.some(refusal => refusal.test(failure)))
const excepted = ({ name }: Verdict) => Object.keys(exceptions).some(end => name.endsWith(end))

const verdicts = await runSpecs(operations)

for (const operation of operations)
  test(`tfjs-core's own specs of ${operation} hold`, () => {
    const ours = verdicts.filter(({ group }) => group === operation)
    const wrong = ours.filter(verdict => verdict.failures.length > 0 && !refused(verdict) && !excepted(verdict))
    assert.equal(
      wrong.map(({ name, failures }) => `${name}: ${failures[0]}`),
      [],
    )
    assert.ok(
      ours.some(({ failures }) => failures.length === 0),
      `No spec of ${operation} ran`,
    )
  })

test('most specs run, and the exceptions still are', () => {
  const held = verdicts.filter(({ failures }) => failures.length === 0)
  assert.ok(held.length >= fewest, `${held.length} of ${verdicts.length} specs hold`)
  const failing = verdicts.filter(({ failures }) => failures.length > 0)
  const holding = Object.keys(exceptions).filter(end => !failing.some(({ name }) => name.endsWith(end)))
  assert.equal(holding, [])
})

test.run()
