/** Checks of numbers that must fit each other. */

import { type Code, type Details, type Diagnostic, diagnose } from '../diagnostics/diagnostic.ts'
import type { ValuePath } from '../values/located.ts'
import type { Entry, FilledRecipe } from './filled.ts'
import { architectureOf, type Checked, spanAt } from './names.ts'

/** Sizes that do not divide, ranges turned round, and budgets too small to take a step. */
export function checkShapes(checked: Checked): readonly Diagnostic[] {
  const { recipe } = checked
  const fault = (code: Code, path: ValuePath, words: { readonly message: string } & Details) =>
    diagnose(code, spanAt(checked, path), words)
  return [
    ...Object.entries(recipe.sources).flatMap(([name, source]) => checkSource(source, ['sources', name], fault)),
    ...Object.entries(recipe.filters).flatMap(([name, filter]) => checkFilter(filter, ['filters', name], fault)),
    ...Object.entries(recipe.models).flatMap(([name, model]) => checkModel(model, ['models', name], fault)),
    ...Object.entries(recipe.train).flatMap(([name, train]) => [
      ...checkTrain(train, ['train', name], fault),
      ...checkSplitting(train, ['train', name], fault),
    ]),
    ...Object.entries(recipe.distill).flatMap(([name, entry]) => [
      ...checkBudget(entry, ['distill', name], fault),
      ...checkCooldown(entry, ['distill', name], fault),
      ...checkSplitting(entry, ['distill', name], fault),
      ...checkWindow(recipe, entry, ['distill', name], fault),
    ]),
    ...Object.entries(recipe.evaluate).flatMap(([name, entry]) =>
      checkEvaluation(recipe, entry, ['evaluate', name], fault),
    ),
  ]
}

type Fault = (code: Code, path: ValuePath, words: { readonly message: string } & Details) => Diagnostic

function checkSource(source: Entry<'sources'>, path: ValuePath, fault: Fault): readonly Diagnostic[] {
  if (source.kind === 'crawl' || source.kind === 'karpathy' || typeof source.split === 'string') return []
  const { val, test } = source.split
  const found: Diagnostic[] = []
  if (val + test >= 1)
    found.push(
      fault('out-of-range', [...path, 'split'], {
        message: `'val' and 'test' hold out ${val + test} of the data; nothing is left to train on`,
      }),
    )
  if (source.kind === 'landmarks')
    for (const [index, size] of source.ground_sizes.entries())
      if (size === 0)
        found.push(fault('out-of-range', [...path, 'ground_sizes', index], { message: 'A tile is wider than 0 m' }))
  return found
}

function checkFilter(filter: Entry<'filters'>, path: ValuePath, fault: Fault): readonly Diagnostic[] {
  if (filter.kind !== 'rules' || filter.min_words <= filter.max_words) return []
  return [
    fault('out-of-range', [...path, 'min_words'], {
      message: `'min_words' is ${filter.min_words}, more than 'max_words' ${filter.max_words}; nothing would be kept`,
    }),
  ]
}

function checkModel(model: Entry<'models'>, path: ValuePath, fault: Fault): readonly Diagnostic[] {
  const found: Diagnostic[] = []
  const { image_size, patch_size } = model
  if (image_size % patch_size !== 0)
    found.push(
      fault('shape-mismatch', [...path, 'image_size'], {
        message: `'image_size' ${image_size} is no multiple of 'patch_size' ${patch_size}`,
        fix: { hint: `write ${nearestMultiple(image_size, patch_size)}` },
      }),
    )
  for (const tower of ['vision', 'text'] as const) {
    const { width, heads } = model[tower]
    if (width % heads !== 0)
      found.push(
        fault('shape-mismatch', [...path, tower, 'width'], {
          message: `'width' ${width} is no multiple of 'heads' ${heads}`,
          fix: { hint: `write ${nearestMultiple(width, heads)}` },
        }),
      )
  }
  if (model.kind === 'openclip') return found
  const { cross_attn_every, layers } = model.text
  if (cross_attn_every > layers)
    found.push(
      fault('shape-mismatch', [...path, 'text', 'cross_attn_every'], {
        message: `'cross_attn_every' ${cross_attn_every} leaves none of ${layers} layers to attend to the image`,
        fix: { hint: `write at most ${layers}` },
      }),
    )
  return found
}

const nearestMultiple = (value: number, of: number): number => Math.max(1, Math.round(value / of)) * of

function checkTrain(train: Entry<'train'>, path: ValuePath, fault: Fault): readonly Diagnostic[] {
  return train.phases.flatMap((phase, index) => {
    const at = [...path, 'phases', index]
    const found = [
      ...checkBudget({ samples: phase.samples, batch_size: train.batch_size }, at, fault),
      ...checkCooldown(phase, at, fault),
    ]
    if (typeof phase.data === 'string') return found
    const weights = Object.entries(phase.data)
    for (const [name, weight] of weights)
      if (weight < 0)
        found.push(
          fault('out-of-range', [...at, 'data', name], {
            message: `The weight of '${name}' is ${weight}; it is at least 0`,
          }),
        )
    if (weights.every(([, weight]) => weight === 0))
      found.push(
        fault('out-of-range', [...at, 'data'], { message: 'The mix holds nothing: give a dataset a weight above 0' }),
      )
    return found
  })
}

/** Warm-up ends before the fall begins. */
function checkCooldown(
  { schedule, warm_up }: Pick<Entry<'train'>['phases'][number], 'schedule' | 'warm_up'>,
  path: ValuePath,
  fault: Fault,
): readonly Diagnostic[] {
  if (schedule?.kind !== 'cooldown' || schedule.share + warm_up <= 1) return []
  return [
    fault('out-of-range', [...path, 'schedule', 'share'], {
      message: `'share' ${schedule.share} and 'warm_up' ${warm_up} are more than all steps`,
      fix: { hint: `write a 'share' of at most ${Number((1 - warm_up).toPrecision(6))}` },
    }),
  ]
}

/** A batch divides into slots, and the share of a slot into parts. */
function checkSplitting(
  { batch_size, slots, micro_batch }: Pick<Entry<'train'>, 'batch_size' | 'slots' | 'micro_batch'>,
  path: ValuePath,
  fault: Fault,
): readonly Diagnostic[] {
  if (batch_size % slots !== 0)
    return [
      fault('shape-mismatch', [...path, 'slots'], {
        message: `'batch_size' ${batch_size} does not divide into ${slots} slots`,
        fix: { hint: `write a 'batch_size' of ${nearestMultiple(batch_size, slots)}` },
      }),
    ]
  const share = batch_size / slots
  if (micro_batch === undefined || share % micro_batch === 0) return []
  const fitting = Array.from({ length: share }, (_, i) => share - i).find(
    size => share % size === 0 && size <= Math.max(1, micro_batch),
  )
  return [
    fault('shape-mismatch', [...path, 'micro_batch'], {
      message: `'micro_batch' ${micro_batch} does not divide the ${share} pairs of ${slots === 1 ? 'a batch' : "a slot's share of a batch"}`,
      fix: { hint: `write ${fitting ?? 1}` },
    }),
  ]
}

function checkBudget(
  { samples, batch_size }: { readonly samples: number; readonly batch_size: number },
  path: ValuePath,
  fault: Fault,
): readonly Diagnostic[] {
  if (samples >= batch_size) return []
  return [
    fault('out-of-range', [...path, 'samples'], {
      message: `'samples' is ${samples}, less than one batch of ${batch_size}`,
    }),
  ]
}

function checkEvaluation(
  recipe: FilledRecipe,
  entry: Entry<'evaluate'>,
  path: ValuePath,
  fault: Fault,
): readonly Diagnostic[] {
  switch (entry.kind) {
    case 'retrieval':
    case 'captioning':
      return []
    case 'linear-probe':
      return entry.validation > 0 && entry.validation < 1
        ? []
        : [
            fault('out-of-range', [...path, 'validation'], {
              message: `'validation' is ${entry.validation}, which leaves nothing to ${entry.validation === 0 ? 'choose the penalty on' : 'learn from'}`,
              fix: { hint: 'write a share between 0 and 1, such as 0.2' },
            }),
          ]
    case 'classification':
      // Published sets are right as they are.
      return (typeof entry.templates === 'string' ? [] : entry.templates).flatMap((template, index) =>
        template.includes('{}')
          ? []
          : [
              fault('bad-template', [...path, 'templates', index], {
                message: `'${template}' has no place for the class name`,
                fix: { hint: "put '{}' where the name goes" },
              }),
            ],
      )
    case 'localisation':
      return checkWindow(recipe, entry, path, fault)
  }
}

/** A window of Smooth-Attention-Operation fits the patch grid, and windows leave no gaps. */
function checkWindow(
  recipe: FilledRecipe,
  entry: { readonly model: string; readonly sao: { readonly window: number; readonly stride: number } },
  path: ValuePath,
  fault: Fault,
): readonly Diagnostic[] {
  const model = architectureOf(recipe, entry.model)
  const side = model ? Math.floor(model.image_size / model.patch_size) : Number.POSITIVE_INFINITY
  const { window, stride } = entry.sao
  if (window > side)
    return [
      fault('shape-mismatch', [...path, 'sao', 'window'], {
        message: `'window' ${window} is wider than the grid of ${side} x ${side} patches`,
      }),
    ]
  if (stride <= window) return []
  return [
    fault('shape-mismatch', [...path, 'sao', 'stride'], {
      message: `Windows of ${window} patches every ${stride} leave gaps`,
      fix: { hint: `write at most ${window}` },
    }),
  ]
}
