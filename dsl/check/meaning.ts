/** Everything that is checked of a recipe whose shape is right, its files aside. */

import type { Diagnostic } from '../diagnostics/diagnostic.ts'
import { checkAbilities } from './abilities.ts'
import { checkAnnotations } from './annotations.ts'
import { checkClaims } from './claims.ts'
import { checkCurriculum } from './curriculum.ts'
import { checkCycles, checkUnused } from './graph.ts'
import { checkIdle } from './idle.ts'
import { checkLeaks } from './leaks.ts'
import { checkMemory } from './memory.ts'
import { type Checked, checkNames } from './names.ts'
import { checkPermissions } from './permissions.ts'
import { always, type Check, type Recall } from './recall.ts'
import { checkReferences } from './references.ts'
import { checkShapes } from './shapes.ts'
import { checkTexts } from './texts.ts'

/** In steps: a check is left out where what it builds on does not hold, so that one fault is told once. */
export function checkMeaning(checked: Checked, recall: Recall = always): readonly Diagnostic[] {
  const ask = (check: Check) => recall(check, checked)
  const names = ask(checkNames)
  const permissions = ask(checkPermissions)
  if (names.length > 0) return [...names, ...permissions]
  const links = [checkReferences, checkClaims, checkCycles].flatMap(ask)
  if (links.length > 0) return [...links, ...permissions]
  const shapes = ask(checkShapes)
  const leaks = ask(checkLeaks)
  return [
    ...permissions,
    ...shapes,
    // Sizes that do not fit each other have no cost.
    ...(shapes.length > 0 ? [] : ask(checkMemory)),
    ...ask(checkAbilities),
    ...ask(checkAnnotations),
    ...ask(checkTexts),
    ...leaks,
    // What is trained on needs no decontamination from itself.
    ...(leaks.length > 0 ? [] : ask(checkCurriculum)),
    ...ask(checkUnused),
    ...ask(checkIdle),
  ]
}
