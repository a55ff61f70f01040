/** Everything that is checked of a recipe whose shape is right. */
import { checkClaims } from './claims.ts'
import type { Diagnostic } from './diagnostic.ts'
import { checkCycles, checkUnused } from './graph.ts'
import { checkLeaks } from './leaks.ts'
import { type Checked, checkNames } from './names.ts'
import { checkPaths } from './paths.ts'
import { checkReferences } from './references.ts'
import { checkShapes } from './shapes.ts'

/** In steps: a check is left out where what it builds on does not hold, so that one fault is told once. */
export function checkMeaning(checked: Checked): readonly Diagnostic[] {
  const names = checkNames(checked)
  const paths = checkPaths(checked)
  if (names.length > 0) return [...names, ...paths]
  const links = [...checkReferences(checked), ...checkClaims(checked), ...checkCycles(checked)]
  if (links.length > 0) return [...links, ...paths]
  return [...paths, ...checkShapes(checked), ...checkLeaks(checked), ...checkUnused(checked)]
}
