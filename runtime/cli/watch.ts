/** Watches files by the folders they stand in, so that a file may be removed, renamed over and made again. */
import { type FSWatcher, statSync, watch } from 'node:fs'
import { dirname, join } from 'node:path'

/** Editors save in several steps; what happens within this many milliseconds is one change. */
const settle = 60

/** A watch that goes on until it is closed. */
export interface Watch {
  /** Watches these files, and whatever is in these folders, by absolute path, and nothing else from now on. */
  follow(files: readonly string[]): void
  close(): void
}

/** Calls `changed` once after each change of the files that are followed, however many steps the change takes. */
export function watchFiles(changed: () => void): Watch {
  const watchers = new Map<string, FSWatcher>()
  let followed: ReadonlySet<string> = new Set()
  let timer: NodeJS.Timeout | undefined

  function note(folder: string, name: string | null): void {
    // A change in a folder above one that is gone may bring it back.
    const concerns = [...followed].some(
      file => name === null || file === join(folder, name) || (dirname(file) !== folder && watchedFor(file) === folder),
    )
    if (!concerns) return
    clearTimeout(timer)
    timer = setTimeout(changed, settle)
  }

  return {
    follow(files) {
      followed = new Set(files)
      const folders = new Set(files.map(watchedFor))
      for (const [folder, watcher] of watchers)
        if (!folders.has(folder)) {
          watcher.close()
          watchers.delete(folder)
        }
      for (const folder of folders) {
        if (watchers.has(folder)) continue
        const watcher = watch(folder, (_event, name) => note(folder, name))
        // The folder itself was removed: the next look finds what is nearest then.
        watcher.on('error', () => note(folder, null))
        watchers.set(folder, watcher)
      }
    },
    close() {
      clearTimeout(timer)
      for (const watcher of watchers.values()) watcher.close()
      watchers.clear()
    },
  }
}

/** A folder itself; the folder of a file, or where that is gone the nearest one above it that is there. */
function watchedFor(path: string): string {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() || path === dirname(path)) return path
  return watchedFor(dirname(path))
}
