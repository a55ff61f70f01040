/** Reads a result again and lists every file that is not as it was published. */
import { join } from 'node:path'
import { isLitter } from '../../dsl/values/litter.ts'
import { sha256File } from './digest.ts'
import { codeOf, faultText, listTree } from './files.ts'
import { type Manifest, manifestName } from './manifest.ts'

/** Faults of the files of a result, one line each; empty if they are sound. */
export async function verifyFiles(folder: string, { files }: Manifest): Promise<readonly string[]> {
  const faults: string[] = []
  for (const [path, file] of Object.entries(files)) {
    const digest = await sha256File(join(folder, path)).catch((error: unknown) => error)
    if (digest === file.sha256) continue
    if (typeof digest === 'string') faults.push(`"${path}" is not as it was published`)
    else if (['ENOENT', 'ENOTDIR'].includes(codeOf(digest))) faults.push(`"${path}" is missing`)
    else faults.push(`"${path}" cannot be read: ${faultText(digest)}`)
  }
  const { files: present, others } = await listTree(folder)
  const foreign = [...present, ...others].filter(
    path => path !== manifestName && files[path] === undefined && !isLitter(path),
  )
  return [...faults, ...foreign.map(path => `"${path}" was added after publishing`)]
}
