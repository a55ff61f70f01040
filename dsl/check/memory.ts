/** Checks that training fits the memory of a slot, by estimates. */
import { trainingMemory } from '../cost/estimates.ts'
import { type Diagnostic, diagnose } from '../diagnostics/diagnostic.ts'
import { modelKind } from '../kinds/registry.ts'
import type { ValuePath } from '../values/located.ts'
import { architectureOf, type Checked, spanAt } from './names.ts'

/** One diagnostic for each entry that trains and is estimated to need more memory than the recipe says a slot has. */
export function checkMemory(checked: Checked): readonly Diagnostic[] {
  const { recipe } = checked
  const limit = recipe.resources.slot_memory
  if (limit === undefined) return []
  const tooLarge = new Set<string>()
  return [
    ...Object.entries(recipe.train).map(([name, train]) => ({
      path: ['train', name],
      training: train,
      sizes: recipe.models[train.model],
    })),
    ...Object.entries(recipe.distill).map(([name, distill]) => ({
      path: ['distill', name],
      training: distill,
      sizes: architectureOf(recipe, distill.model),
    })),
  ].flatMap(({ path, training, sizes }) => {
    if (sizes === undefined) return []
    const cost = modelKind(sizes).cost(sizes)
    const batch = Math.min(training.micro_batch ?? training.batch_size, training.batch_size / training.slots)
    const needed = (size: number): number => trainingMemory(cost, { ...training, micro_batch: size }).total
    const total = needed(batch)
    if (total <= limit) return []
    const fits = largestBatch(size => needed(size) <= limit, batch)
    if (fits !== undefined)
      return [overMemory(checked, [...path, 'batch_size'], { name: path[1], batch, total, limit, fits })]
    const model = Object.keys(recipe.models).find(name => recipe.models[name] === sizes) ?? ''
    // One diagnostic for a model that is too large, however many entries train it.
    if (tooLarge.has(model)) return []
    tooLarge.add(model)
    return [
      overMemory(checked, ['models', model], {
        name: model,
        batch: smallestBatch,
        total: needed(smallestBatch),
        limit,
      }),
    ]
  })
}

const smallestBatch = 2

interface Excess {
  readonly name: string | undefined
  readonly batch: number
  readonly total: number
  readonly limit: number
  /** The largest batch that fits; undefined where none does. */
  readonly fits?: number
}

function overMemory(checked: Checked, path: ValuePath, { name, batch, total, limit, fits }: Excess): Diagnostic {
  return diagnose('over-memory', spanAt(checked, path), {
    message: `'${name}' is estimated to need ${gibibytes(total)} at a batch size of ${batch}, more than the ${gibibytes(limit)} of a slot`,
    related: [{ span: spanAt(checked, ['resources', 'slot_memory']), message: 'the memory of a slot' }],
    fix: {
      hint:
        fits === undefined
          ? "lower 'width' and 'layers' of the model: no smaller batch fits"
          : `write 'micro_batch: ${largestDivisor(batch, fits)}', which changes no loss, or lower the model's 'width' and 'layers'`,
    },
  })
}

/** The largest part of at most so many pairs that a batch divides into. */
function largestDivisor(batch: number, limit: number): number {
  let divisor = Math.min(batch, limit)
  while (batch % divisor !== 0) divisor--
  return divisor
}

const gibibytes = (bytes: number): string => `${(bytes / 2 ** 30).toPrecision(3)} GiB`

/** The largest batch below `above` that fits, a multiple of 8 where it is that large; memory grows with the batch. */
function largestBatch(fits: (batch: number) => boolean, above: number): number | undefined {
  let [low, high] = [1, above]
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (fits(middle)) low = middle
    else high = middle
  }
  if (low < smallestBatch) return undefined
  return low < 8 ? low : low - (low % 8)
}
