/** Checks of the recipe as a graph: cycles, and entries that nothing uses. */
import { type Diagnostic, diagnose } from '../diagnostics/diagnostic.ts'
import {
  type Checked,
  isRightKind,
  keyAt,
  type Reference,
  references,
  sectionsByName,
  spanAt,
  splitReference,
} from './names.ts'

/** Each cycle once, at a reference to a later entry: that reference reverses the order of the recipe. */
export function checkCycles(checked: Checked): readonly Diagnostic[] {
  const uses = new Map<string, Reference[]>()
  const owners = sectionsByName(checked.recipe)
  for (const reference of references(checked.recipe)) {
    // A reference of the wrong kind has its own diagnostic.
    if (!isRightKind(reference, owners)) continue
    const user = String(reference.path[1])
    const known = uses.get(user)
    if (known) known.push(reference)
    else uses.set(user, [reference])
  }
  const order = new Map([...uses.keys()].map((name, index) => [name, index]))
  const placeOf = (name: string): number => order.get(name) ?? -1
  const isForward = ({ path, text }: Reference) => placeOf(splitReference(text).name) >= placeOf(String(path[1]))
  const done = new Set<string>()
  const diagnostics: Diagnostic[] = []

  const trail: Reference[] = []
  const places = new Map<string, number>()

  function visit(name: string): void {
    if (done.has(name)) return
    places.set(name, trail.length)
    for (const reference of uses.get(name) ?? []) {
      const used = splitReference(reference.text).name
      trail.push(reference)
      const start = places.get(used)
      if (start === undefined) visit(used)
      else diagnostics.push(cycle(checked, trail.slice(start), isForward))
      trail.pop()
    }
    places.delete(name)
    done.add(name)
  }

  for (const name of order.keys()) visit(name)
  return diagnostics
}

function cycle(checked: Checked, links: readonly Reference[], isForward: (link: Reference) => boolean): Diagnostic {
  const at = Math.max(0, links.findIndex(isForward))
  const round = [...links.slice(at), ...links.slice(0, at)]
  const [turn] = round
  const names = round.map(({ path }) => String(path[1]))
  return diagnose('dependency-cycle', spanAt(checked, turn?.path ?? []), {
    message: `'${names[0]}' depends on itself: ${[...names, names[0]].join(' -> ')}`,
    fix: { hint: `let '${names[0]}' depend on something else` },
  })
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
