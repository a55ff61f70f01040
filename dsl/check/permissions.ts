/** Checks of permissions: how they are written, and whether they are what the recipe needs. */
import { dirname, resolve } from 'node:path'
import { type Diagnostic, diagnose, replaceWith } from '../diagnostics/diagnostic.ts'
import type { FilledRecipe } from '../kinds/filled.ts'
import { modelKind, sourceKind } from '../kinds/registry.ts'
import { locate, type ValuePath } from '../values/located.ts'
import type { NamedPath } from '../values/named_path.ts'
import { isOutside, leavesProject, outsideProject, realPath } from '../values/project.ts'
import { type Checked, spanAt } from './names.ts'

/** A file or folder that an entry reads. */
interface PathRead {
  /** As filled in, relative to the recipe's folder. */
  readonly path: string
  readonly at: ValuePath
}

/** The paths that need a permission: a path inside or beside one that is listed needs none of its own. */
function readsOf(recipe: FilledRecipe): readonly PathRead[] {
  return [
    ...Object.entries(recipe.sources).flatMap(([name, source]) =>
      readsIn(sourceKind(source).paths(source), ['sources', name]),
    ),
    ...Object.entries(recipe.models).flatMap(([name, model]) =>
      readsIn(modelKind(model).paths(model), ['models', name]),
    ),
  ]
}

const readsIn = (paths: readonly NamedPath[], entry: ValuePath): readonly PathRead[] =>
  paths
    .filter(({ near }) => near === undefined)
    // Of files in braces, the folder that they lie in.
    .map(({ path, at }) => ({
      path: /[{}]/.test(path) ? dirname(`${path.split('{')[0]}-`) : path,
      at: [...entry, ...at],
    }))

/** One diagnostic for each permission that is misspelt or unused, and for each need that no permission covers. */
export function checkPermissions(checked: Checked): readonly Diagnostic[] {
  if (checked.gaps?.broken.has('permissions')) return []
  return [...checkSpelling(checked), ...checkReads(checked), ...checkUnasked(checked)]
}

interface PermissionSpelling {
  readonly pattern: RegExp
  readonly what: string
  /** The spelling that was probably meant. */
  readonly correct: (text: string) => string
}

const spellings: { readonly [kind in 'net' | 'env' | 'run']: PermissionSpelling } = {
  net: {
    pattern: /^(\[[0-9a-f:]+\]|[a-z0-9_-]+(\.[a-z0-9_-]+)*)(:[1-9][0-9]{0,4})?$/,
    what: "no host: write 'host' or 'host:port', without protocol or path",
    correct: text =>
      text
        .toLowerCase()
        .replace(/^[a-z]+:\/\//, '')
        .replace(/\/.*$/, ''),
  },
  env: {
    pattern: /^[A-Za-z_][A-Za-z0-9_]*$/,
    what: "no environment variable: its name is letters, digits and '_'",
    correct: text => text.replace(/^\$\{?/, '').replace(/(\}|=.*)$/, ''),
  },
  run: {
    pattern: /^\S+$/,
    what: 'no program: write its name or path, without arguments',
    correct: text => text.trim().replace(/\s.*$/, ''),
  },
}

function checkSpelling(checked: Checked): readonly Diagnostic[] {
  return (['net', 'env', 'run'] as const).flatMap(kind => {
    const { pattern, what, correct } = spellings[kind]
    return checked.recipe.permissions[kind].flatMap((text, index) => {
      if (pattern.test(text)) return []
      const span = spanAt(checked, ['permissions', kind, index])
      const corrected = correct(text)
      return [
        diagnose('bad-permission', span, {
          message: `'${text}' is ${what}`,
          ...replaceWith(span, pattern.test(corrected) ? corrected : undefined),
        }),
      ]
    })
  })
}

function checkReads(checked: Checked): readonly Diagnostic[] {
  const { recipe, folder } = checked
  const reads = readsOf(recipe)
  const outside = reads.filter(({ path }) => leavesProject(resolve(folder, path), folder))
  const granted = recipe.permissions.read
  const covers = (grant: string, path: string): boolean => {
    const [read, granted] = [resolve(folder, path), resolve(folder, grant)]
    return [read, realPath(read) ?? read].some(at => !isOutside(at, granted))
  }
  const undeclared = outside
    .filter(({ path }) => !granted.some(grant => covers(grant, path)))
    .map(({ path, at }) =>
      diagnose('undeclared-permission', spanAt(checked, at), {
        message: `'${path}' ${outsideWords(path, folder)} outside the project, and the recipe has no permission to read it`,
        fix: { hint: `add 'read: [${path}]' under 'permissions'` },
      }),
    )
  const unused = granted.flatMap((grant, index) =>
    // A path that a parameter gives may be inside the project here and outside it elsewhere.
    outside.some(({ path }) => covers(grant, path)) || isInserted(checked, ['permissions', 'read', index])
      ? []
      : [
          unusedPermission(
            checked,
            ['permissions', 'read', index],
            outsideProject([grant], folder).length > 0
              ? `Nothing in this recipe reads '${grant}'`
              : `'${grant}' is inside the project, which needs no permission`,
          ),
        ],
  )
  return [...undeclared, ...unused]
}

/** Words for a path that lies outside the project itself, or leads there through a symbolic link. */
const outsideWords = (path: string, folder: string): string =>
  outsideProject([path], folder).length > 0
    ? 'is'
    : `leads through a symbolic link to '${realPath(resolve(folder, path))}',`

/** True if a parameter gave the value. */
function isInserted({ tree }: Checked, path: ValuePath): boolean {
  const value = locate(tree, path)?.value
  return value?.kind === 'scalar' && value.origin !== undefined
}

/** Every kind of entry reads files and nothing else, so a permission of another kind is unused. */
function checkUnasked(checked: Checked): readonly Diagnostic[] {
  const words = { net: 'connects to', env: 'reads the variable', run: 'starts' }
  return (['net', 'env', 'run'] as const).flatMap(kind =>
    checked.recipe.permissions[kind].flatMap((text, index) =>
      spellings[kind].pattern.test(text)
        ? [unusedPermission(checked, ['permissions', kind, index], `Nothing in this recipe ${words[kind]} '${text}'`)]
        : [],
    ),
  )
}

function unusedPermission(checked: Checked, at: ValuePath, message: string): Diagnostic {
  return diagnose('unused-permission', spanAt(checked, at), {
    severity: 'warning',
    message,
    fix: { hint: 'remove it: a run should be granted no more than it needs' },
  })
}
