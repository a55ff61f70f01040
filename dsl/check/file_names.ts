/** Checks that files and folders can be called after the names of a recipe, on every system. */
import { type Diagnostic, diagnose, replaceWith } from '../diagnostics/diagnostic.ts'
import type { ValuePath } from '../values/located.ts'
import { sections } from '../values/sections.ts'
import { type Checked, keyAt, spanAt } from './names.ts'

/** Two names, a round and an ending stay below the 255 bytes of a file's name. */
const longestName = 100

/** Devices of Windows: no file there has such a name, with or without an ending. */
const reserved = /^(con|prn|aux|nul|com[0-9]|lpt[0-9])$/

/** One diagnostic for each name that is too long for a file, or that Windows keeps for a device. */
export function checkFileNames(checked: Checked): readonly Diagnostic[] {
  const { recipe } = checked
  const keys = sections.flatMap(section => Object.keys(recipe[section]).map(name => [section, name]))
  const phases = Object.entries(recipe.train).flatMap(([entry, train]) =>
    train.phases.map(({ name }, index) => ({ name, path: ['train', entry, 'phases', index, 'name'] })),
  )
  return [
    ...checkName(checked, recipe.name, { path: ['name'], spanOf: spanAt }),
    ...keys.flatMap(([section = '', name = '']) => checkName(checked, name, { path: [section, name], spanOf: keyAt })),
    ...phases.flatMap(({ name, path }) => checkName(checked, name, { path, spanOf: spanAt })),
  ]
}

function checkName(
  checked: Checked,
  name: string,
  { path, spanOf }: { readonly path: ValuePath; readonly spanOf: typeof spanAt },
): readonly Diagnostic[] {
  if (name.length <= longestName && !reserved.test(name)) return []
  const span = spanOf(checked, path)
  const message =
    name.length > longestName
      ? `'${name.slice(0, 24)}...' has ${name.length} characters; names are those of files, and have at most ${longestName}`
      : `'${name}' is a device on Windows, where no file can have this name`
  return [
    diagnose('bad-name', span, { message, ...replaceWith(span, name.length > longestName ? undefined : `${name}_`) }),
  ]
}
