/** Stamps of files and folders: whether their content may have changed, without reading it. */
import { lstatSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { PathStamp } from '../../dsl/compile/environment.ts'
import { sha256 } from './digest.ts'
import { listFiles } from './digest_path.ts'

/** Milliseconds in which two changes may leave the same times: file systems count in steps of up to two seconds. */
const coarsestClock = 2000

/** The stamp of a file, or of the files of a folder that are part of its digest. Throws the file system's error. */
export function stampPath(path: string): PathStamp {
  const now = Date.now()
  const times = fileTimes(path)
  const latest = latestOf(latestTimes(times))
  return {
    written: linesDigest(
      times,
      ({ name, size, inode, written }) => `${JSON.stringify(name)} ${size} ${inode} ${written}`,
    ),
    changed: linesDigest(times, ({ name, changed }) => `${JSON.stringify(name)} ${changed}`),
    latest,
    isSettled: latest < now - coarsestClock,
  }
}

/** Files of a path that were written or changed after a time, or the newest where the time is not known. */
export function filesSince(path: string, time: number | undefined): readonly string[] {
  const times = fileTimes(path)
  const latest = latestTimes(times)
  const least = time ?? latestOf(latest) - 1
  return times.flatMap(({ name }, index) => ((latest[index] ?? 0) > least ? [name] : []))
}

interface FileTimes {
  /** Relative to the folder; empty for a path that is a file. */
  readonly name: string
  readonly size: bigint
  readonly inode: bigint
  /** Nanoseconds since 1970. */
  readonly written: bigint
  readonly changed: bigint
}

function fileTimes(path: string): readonly FileTimes[] {
  const { files, links } = statSync(path).isDirectory() ? listFiles(path) : { files: [''], links: [] }
  return [...files, ...links].map(name => {
    // Links are named and not followed.
    const statOf = name === '' ? statSync : lstatSync
    const { size, ino: inode, mtimeNs: written, ctimeNs: changed } = statOf(join(path, name), { bigint: true })
    return { name, size, inode, written, changed }
  })
}

const latestTimes = (times: readonly FileTimes[]): readonly number[] =>
  times.map(({ written, changed }) => Number((written > changed ? written : changed) / 1_000_000n))

/** A list of times may be longer than a call may have arguments. */
const latestOf = (times: readonly number[]): number => times.reduce((most, time) => Math.max(most, time), 0)

const linesDigest = (times: readonly FileTimes[], line: (file: FileTimes) => string): string =>
  sha256(times.map(line).sort().join('\n'))
