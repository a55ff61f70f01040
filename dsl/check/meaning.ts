/** All checks of a recipe that has passed the schema, except those of its files. */

import type { Diagnostic } from '../diagnostics/diagnostic.ts'
import { checkAbilities } from './abilities.ts'
import { checkAnnotations } from './annotations.ts'
import { checkClaims } from './claims.ts'
import { checkCurriculum } from './curriculum.ts'
import { independentOf } from './fault_places.ts'
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

/**
 * Runs the checks in steps. A fault of an entry that depends on one with an earlier fault, or on a gap of the recipe, is
 * left out: one fault gives one diagnostic.
 */
export function checkMeaning(checked: Checked, run: CheckRunner = runCheck): readonly Diagnostic[] {
  const ask = (...checks: readonly Check[]) => checks.flatMap(check => run(check, checked))
  const names = ask(checkNames)
  const others = ask(checkFileNames, checkPermissions)
  // It is not known what names stand for.
  if (names.length > 0) return [...names, ...others]
  const references = ask(checkReferences)
  const claims = ask(checkClaims)
  const cycles = ask(checkCycles)
  const links = [...references, ...claims, ...cycles]
  // Checks follow references, which must end.
  if (cycles.length > 0) return [...links, ...others]
  const shapes = ask(checkShapes)
  const memory = independentOf(checked, { earlier: shapes, faults: ask(checkMemory), by: 'models' })
  const ofModels = [...shapes, ...memory, ...ask(checkAbilities)]
  const ofData = ask(checkAnnotations, checkSelfDecontamination)
  const leaks = ask(checkLeaks)
  if (links.length === 0 && checked.gaps === undefined)
    return [
      ...others,
      ...ofModels,
      ...ofData,
      ...ask(checkTexts),
      ...leaks,
      // Data that trains the model needs no decontamination from itself.
      ...(leaks.length > 0 ? [] : ask(checkCurriculum)),
      ...ask(checkUnused, checkUnusedFields),
    ]
  // Warnings may follow from what is missing, and are left out.
  return [
    ...links,
    ...others,
    ...independentOf(checked, { earlier: [], faults: ofModels, by: 'models' }),
    ...independentOf(checked, { earlier: links, faults: [...ofData, ...leaks], by: 'all links' }),
  ]
}
