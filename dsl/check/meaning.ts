/** Everything that is checked of a recipe whose shape is right. */
import { checkClaims } from './claims.ts'
import type { Diagnostic } from './diagnostic.ts'
import { checkCycles, checkUnused } from './graph.ts'
import { checkLeaks } from './leaks.ts'
import { type Checked, checkNames } from './names.ts'
import { checkPaths } from './paths.ts'
import { checkReferences } from './references.ts'
import { checkShapes } from './shapes.ts'

/** References first: what follows them needs them to hold. */
export function checkMeaning(checked: Checked): readonly Diagnostic[] {
  const links = [...checkNames(checked), ...checkReferences(checked), ...checkCycles(checked)]
  const alone = [...checkClaims(checked), ...checkPaths(checked)]
  if (links.length > 0) return [...links, ...alone]
  return [...alone, ...checkShapes(checked), ...checkLeaks(checked), ...checkUnused(checked)]
}
