/** RFC 7396 merge patch over located values: kept values have spans in the base, changed ones in the patch. */
import type { Located, LocatedEntry, Removal } from '../values/located.ts'

/** Merges a patch over a base: mappings merge, `null` removes a key, anything else replaces. */
export function mergePatch(base: Located, patch: Located): Located {
  if (patch.kind !== 'map') return { ...patch, replaced: base }
  const entries = new Map<string, LocatedEntry>(base.kind === 'map' ? base.entries : [])
  const removed = new Map<string, Removal>(base.kind === 'map' ? base.removed : [])
  for (const [name, { key, value }] of patch.entries) {
    const below = entries.get(name)?.value
    const isRemoval = value.kind === 'scalar' && value.value === null
    if (isRemoval && below) removed.set(name, { by: value.span, value: below })
    if (isRemoval) entries.delete(name)
    else entries.set(name, { key, value: below ? mergePatch(below, value) : withoutNulls(value) })
  }
  return {
    kind: 'map',
    entries,
    span: patch.span,
    ...(base.kind !== 'map' && { replaced: base }),
    ...(removed.size > 0 && { removed }),
  }
}

/** A patch for a value that the base does not have: its nulls remove nothing. */
function withoutNulls(patch: Located): Located {
  return patch.kind === 'map' ? mergePatch({ kind: 'map', entries: new Map(), span: patch.span }, patch) : patch
}
