/** The proof that a stage read what its key says: the files outside the store are as they were when it was planned. */
import type { PathStamp } from '../../dsl/compile/environment.ts'
import type { External } from '../../dsl/compile/plan.ts'
import { DataFault } from '../../dsl/diagnostics/faults.ts'
import { digestPath } from '../store/digest_path.ts'
import { codeOf } from '../store/files.ts'
import { filesSince, stampPath } from '../store/path_stamp.ts'

/** Watches the files that the stages of a run read. */
export interface InputWatch {
  /**
   * The fault of a file or folder that is not as it was planned, or that was written meanwhile with the same content:
   * then the stage may have read another, and the fault is transient. Undefined where all are as planned.
   */
  findChange(externals: readonly External[]): DataFault | undefined
}

/** Makes a watch that knows the stamps of the plan, and of what it has read again itself. */
export function watchInputs(): InputWatch {
  const settled = new Map<string, PathStamp>()

  function changeOf(external: External): DataFault | undefined {
    const { path, sha256 } = external
    const planned = settled.get(path) ?? external.stamp
    try {
      const now = stampPath(path)
      const isSame = planned?.written === now.written && planned.changed === now.changed
      if (isSame && planned.isSettled) return undefined
      if (digestPath(path) !== sha256) return changed(external)
      settled.set(path, now)
      return planned === undefined || planned.written === now.written ? undefined : writtenAgain(external)
    } catch (error) {
      if (['ENOENT', 'ENOTDIR'].includes(codeOf(error))) return changed(external)
      throw error
    }
  }

  return {
    findChange(externals) {
      const faults = externals.flatMap(external => changeOf(external) ?? [])
      // One that a further attempt cannot mend comes first.
      return faults.find(({ transient }) => !transient) ?? faults[0]
    },
  }
}

const hint = 'nothing was published; run again once no program writes it any more'

function changed(external: External): DataFault {
  const which = changedFiles(external)
  return new DataFault(`Input '${external.name}' changed after the run was planned${which}`, {
    hint,
    file: external.name,
  })
}

function writtenAgain({ name }: External): DataFault {
  return new DataFault(`Input '${name}' was written while the stage ran, with the content that it had before`, {
    hint,
    file: name,
    transient: true,
  })
}

const shownFiles = 3

/** The files of a folder that changed, after a colon; empty for a file. */
function changedFiles({ path, stamp }: External): string {
  try {
    const files = filesSince(path, stamp?.latest).filter(name => name !== '')
    if (files.length === 0) return ''
    const shown = files.slice(0, shownFiles).map(name => `'${name}'`)
    return `: ${shown.join(', ')}${files.length > shownFiles ? ` and ${files.length - shownFiles} more` : ''}`
  } catch {
    return ''
  }
}
