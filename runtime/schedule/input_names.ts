/** Names of datasets and models in what a stage says, in place of the folders of the store that hold them. */
import type { Job } from './protocol.ts'

/**
 * A function that puts the names of inputs, and of the stage itself, in place of their folders: a person knows
 * `places.test`, not the key of its result.
 */
export function createInputNames({ id, inputs, out }: Pick<Job, 'id' | 'inputs' | 'out'>): (text: string) => string {
  const names = new Map<string, string>([[out, id]])
  // Where one input is read under several splits, the whole is named.
  for (const { folder, name, split } of Object.values(inputs))
    if (name !== undefined) names.set(folder, names.has(folder) || split === undefined ? name : `${name}.${split}`)
  const longestFirst = [...names].sort(([a], [b]) => b.length - a.length)
  return text =>
    longestFirst.reduce(
      (said, [folder, name]) =>
        said
          .replaceAll(`'${folder}'`, `'${name}'`)
          .replaceAll(`${folder}/`, `${name}/`)
          .replaceAll(folder, `'${name}'`),
      text,
    )
}
