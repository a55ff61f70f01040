/** Names of the parameters of a CLIP model in files that other programs wrote. */
import { DataFault } from '../../dsl/diagnostics/faults.ts'

/** Parameters that open_clip's models with a separate text tower hold under `text.`. */
const isTextTower = (name: string): boolean => !name.startsWith('visual.') && name !== 'logit_scale'

/**
 * Finds the parameters of a model among the names of a file: the name in the file by the name in the model. A prefix that
 * all parameters share, such as `module.` of distributed training or `_orig_mod.` of a compiled module, and `text.` before
 * the text tower are understood. Throws if a parameter is missing, and names what the file holds instead.
 */
export function locateParameters(
  names: readonly string[],
  parameters: readonly string[],
  file: string,
): Readonly<Record<string, string>> {
  const known = new Set(names)
  const anchor = 'visual.conv1.weight'
  const prefixes = names
    .filter(name => name === anchor || name.endsWith(`.${anchor}`))
    .map(name => name.slice(0, -anchor.length))
  const found = prefixes.flatMap(prefix =>
    [(name: string) => name, (name: string) => (isTextTower(name) ? `text.${name}` : name)].flatMap(rename => {
      const located = parameters.map(name => [name, `${prefix}${rename(name)}`] as const)
      return located.every(([, source]) => known.has(source)) ? [located] : []
    }),
  )
  const [only, another] = found
  if (only !== undefined && another === undefined) {
    requireDepth(names, only, file)
    return Object.fromEntries(only)
  }
  if (only !== undefined)
    throw new DataFault(`'${file}' holds several models, with the prefixes '${prefixes.join("', '")}'`, {
      file,
      hint: 'save one of them in a file of its own',
    })
  if (names.some(name => /(^|\.)(vision|text)_model\.(embeddings|encoder)\./.test(name)))
    throw new DataFault(`'${file}' names its parameters as Hugging Face's transformers do, not as OpenCLIP does`, {
      file,
      hint: 'name the open_clip_model.safetensors of the model',
    })
  const [prefix = ''] = prefixes
  const missing = parameters.find(name => !known.has(`${prefix}${name}`)) ?? ''
  throw new DataFault(
    `'${file}' has no parameter '${prefix}${missing}'; it holds ${names
      .slice(0, 3)
      .map(name => `'${name}'`)
      .join(', ')}${names.length > 3 ? ` and ${names.length - 3} more` : ''}`,
    { file, item: `${prefix}${missing}` },
  )
}

/** Throws if the file has blocks beyond those of the model: a part of the model would be left out unnoticed. */
function requireDepth(names: readonly string[], located: readonly (readonly [string, string])[], file: string): void {
  const block = /^(.*resblocks\.)\d+\./
  const used = new Set(located.map(([, source]) => source))
  const towers = new Set(located.flatMap(([, source]) => block.exec(source)?.[1] ?? []))
  const extra = names.find(name => !used.has(name) && towers.has(block.exec(name)?.[1] ?? ''))
  if (extra !== undefined)
    throw new DataFault(`'${file}' has more blocks than the dimensions of the model: '${extra}'`, {
      file,
      item: extra,
      hint: 'check architecture and layers',
    })
}
