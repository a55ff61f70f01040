/** Versions of packages. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isRecord, parseJson } from '../../dsl/values/json.ts'

/** The version that a `package.json` states; empty where it states none. */
export function versionOf(manifest: string): string {
  const content = parseJson(readFileSync(manifest, 'utf8'))
  return isRecord(content) ? String(content.version ?? '') : ''
}

/** The version of this program, also from the bundle of the command line. */
export const ownVersion = (): string => versionOf(join(import.meta.dirname, '../../../package.json'))
