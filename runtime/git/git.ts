/** The program git, run in the current folder. */

import { resolve } from 'node:path'
import { execaSync } from 'execa'
import { UserFault } from '../../dsl/diagnostics/faults.ts'

/** The output of git; undefined where it refuses. Throws where git is not installed. */
export function askGit(args: readonly string[]): string | undefined {
  const { exitCode, stdout } = run(args)
  return exitCode === 0 ? stdout : undefined
}

/** The bytes of an object. Throws where there is no such object. */
export function gitBlob(id: string): Uint8Array {
  const { exitCode, stdout, stderr } = execaSync('git', ['cat-file', 'blob', id], {
    reject: false,
    encoding: 'buffer',
    maxBuffer: Number.MAX_SAFE_INTEGER,
    stripFinalNewline: false,
  })
  if (exitCode !== 0) throw new Error(`git cannot read ${id}: ${Buffer.from(stderr).toString().trim()}`)
  return stdout
}

/** Runs git for its effect. Throws with its message where it refuses. */
export function tellGit(args: readonly string[]): void {
  const { exitCode, stderr } = run(args)
  if (exitCode !== 0) throw new UserFault(`'git ${args.join(' ')}' failed: ${stderr.trim()}`)
}

function run(args: readonly string[]) {
  const done = execaSync('git', args, { reject: false, stripFinalNewline: false, maxBuffer: 1 << 30 })
  if (done.code === 'ENOENT') throw new UserFault('git is not installed, or not on PATH')
  return done
}

/** Absolute path of the root of the work tree around the current folder; undefined outside of one. */
export function workTreeRoot(): string | undefined {
  const up = askGit(['rev-parse', '--show-cdup'])
  // The path from here, rather than git's absolute one, keeps symbolic links as the user wrote them.
  return up === undefined ? undefined : resolve(up.trimEnd())
}
