/** Checks of the recipe as a graph: cycles, and entries that nothing uses. */
import { type Diagnostic, diagnose } from './diagnostic.ts'
import { type Checked, keyAt, type Reference, references, spanAt, splitReference } from './names.ts'

/** Each cycle once, at the reference that closes it. */
export function checkCycles(checked: Checked): readonly Diagnostic[] {
  const uses = new Map<string, Reference[]>()
  for (const reference of references(checked.recipe)) {
    const user = String(reference.path[1])
    uses.set(user, [...(uses.get(user) ?? []), reference])
  }
  const done = new Set<string>()
  const diagnostics: Diagnostic[] = []

  function visit(name: string, trail: readonly string[]): void {
    if (done.has(name)) return
    for (const reference of uses.get(name) ?? []) {
      const used = splitReference(reference.text).name
      const start = [...trail, name].indexOf(used)
      if (start === -1) visit(used, [...trail, name])
      else diagnostics.push(cycle([...trail, name].slice(start), reference))
    }
    done.add(name)
  }

  function cycle(names: readonly string[], { path }: Reference): Diagnostic {
    const [first = ''] = names
    return diagnose('dependency-cycle', spanAt(checked, path), {
      message: `'${first}' depends on itself: ${[...names, first].join(' -> ')}`,
      fix: { hint: 'let one of them depend on something else' },
    })
  }

  for (const name of uses.keys()) visit(name, [])
  return diagnostics
}

/** Sources, filters and architectures that nothing uses. */
export function checkUnused(checked: Checked): readonly Diagnostic[] {
  const used = new Set(references(checked.recipe).map(({ text }) => splitReference(text).name))
  return (['sources', 'filters', 'models'] as const).flatMap(section =>
    Object.keys(checked.recipe[section])
      .filter(name => !used.has(name))
      .map(name =>
        diagnose('unused-entry', keyAt(checked, [section, name]), {
          severity: 'warning',
          message: `Nothing uses '${name}'`,
          fix: { hint: 'use it or remove it' },
        }),
      ),
  )
}
