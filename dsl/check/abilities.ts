/** Checks that models can do what is asked of them. */

import { type Diagnostic, diagnose } from '../diagnostics/diagnostic.ts'
import type { ValuePath } from '../values/located.ts'
import { architectureOf, type Checked, spanAt } from './names.ts'

/** One diagnostic for each weights file of a format that is not read, and for each task that a model has no part for. */
export function checkAbilities(checked: Checked): readonly Diagnostic[] {
  return [...checkWeights(checked), ...checkCaptioning(checked), ...checkMaps(checked)]
}

function checkWeights(checked: Checked): readonly Diagnostic[] {
  return Object.entries(checked.recipe.models).flatMap(([name, model]) => {
    if (model.kind !== 'openclip' || model.weights.endsWith('.safetensors')) return []
    const { weights } = model
    return [
      diagnose('unreadable-file', spanAt(checked, ['models', name, 'weights']), {
        message: `'${weights}' is not a safetensors file; PyTorch's own format is a program that could do anything, and is not read`,
        fix: {
          hint: `convert it once where you trust it: python3 -c "import torch; from safetensors.torch import save_file; save_file({k: v.contiguous() for k, v in torch.load('${weights}', map_location='cpu', weights_only=True).items()}, '${weights.replace(/\.[a-z]+$/, '')}.safetensors')"`,
        },
      }),
    ]
  })
}

/** CLIP has no decoder that could learn from captions word by word. */
function checkCaptioning(checked: Checked): readonly Diagnostic[] {
  const { recipe } = checked
  return Object.entries(recipe.train).flatMap(([name, { model, caption_weight }]) => {
    if (recipe.models[model]?.kind !== 'openclip' || caption_weight === 0) return []
    return [
      diagnose('wrong-kind', spanAt(checked, ['train', name, 'caption_weight']), {
        message: `'${model}' is a CLIP model, which has no decoder for a captioning loss, and 'caption_weight' is ${caption_weight}`,
        fix: { hint: "write 'caption_weight: 0'" },
      }),
    ]
  })
}

/** Maps are made of attention pooling, and CLIP pools by a class token. */
function checkMaps(checked: Checked): readonly Diagnostic[] {
  const { recipe } = checked
  const asked: readonly { readonly model: string; readonly path: ValuePath }[] = [
    ...Object.entries(recipe.distill).map(([name, { model }]) => ({ model, path: ['distill', name, 'model'] })),
    ...Object.entries(recipe.evaluate)
      .filter(([, { kind }]) => kind === 'localisation')
      .map(([name, { model }]) => ({ model, path: ['evaluate', name, 'model'] })),
  ]
  return asked.flatMap(({ model, path }) =>
    architectureOf(recipe, model)?.kind === 'openclip'
      ? [
          diagnose('wrong-kind', spanAt(checked, path), {
            message: `'${model}' is a CLIP model, which pools by a class token; localisation needs attention pooling`,
            fix: { hint: 'name a model that is trained from a mammut' },
          }),
        ]
      : [],
  )
}
