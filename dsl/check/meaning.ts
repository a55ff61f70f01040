/** All checks of a recipe that has passed the schema, except those of its files. */

import type { Diagnostic } from '../diagnostics/diagnostic.ts'
import { checkAbilities } from './abilities.ts'
import { checkAnnotations } from './annotations.ts'
import { checkClaims } from './claims.ts'
import { checkCurriculum } from './curriculum.ts'
import { checkFileNames } from './file_names.ts'
import { checkCycles, checkUnused } from './graph.ts'
import { checkLeaks } from './leaks.ts'
import { type Check, type CheckRunner, runCheck } from './memoize_checks.ts'
import { checkMemory } from './memory.ts'
import { type Checked, checkNames } from './names.ts'
import { checkPermissions } from './permissions.ts'
import { checkReferences } from './references.ts'
import { checkSelfDecontamination } from './self_decontamination.ts'
import { checkShapes } from './shapes.ts'
import { checkTexts } from './texts.ts'
import { checkUnusedFields } from './unused_fields.ts'

/** Runs the checks in steps. A check that depends on a failed one is left out: one fault gives one diagnostic. */
export function checkMeaning(checked: Checked, run: CheckRunner = runCheck): readonly Diagnostic[] {
  const ask = (check: Check) => run(check, checked)
  const names = [checkNames, checkFileNames].flatMap(ask)
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
    ...ask(checkSelfDecontamination),
    ...ask(checkTexts),
    ...leaks,
    // Data that trains the model needs no decontamination from itself.
    ...(leaks.length > 0 ? [] : ask(checkCurriculum)),
    ...ask(checkUnused),
    ...ask(checkUnusedFields),
  ]
}
