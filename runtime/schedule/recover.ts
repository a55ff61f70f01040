/** Puts right what killed controllers left behind; nothing waits for a person. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { isAlive } from '../store/process.ts'
import type { Store } from '../store/store.ts'
import { openJournal, readJournal } from './journal.ts'

/** Folder of a store's journals, one file a run. */
export const journalFolder = (store: Store): string => join(store.folder, 'journal')

/**
 * Ends the workers of runs whose controller died, closes their journals and removes their staging folders.
 * Returns the names of those runs.
 */
export async function recover(store: Store): Promise<readonly string[]> {
  const folder = journalFolder(store)
  const lost: string[] = []
  for (const file of await readdir(folder).catch(() => [])) {
    const path = join(folder, file)
    const events = await readJournal(path)
    const controllers = events.flatMap(event => (event.kind === 'run-started' ? [event.controller] : []))
    if (events.some(event => event.kind === 'run-ended') || controllers.some(isAlive)) continue
    for (const event of events) {
      if (event.kind === 'stage-started' && isAlive(event.worker)) process.kill(-event.worker.pid, 'SIGKILL')
    }
    const journal = await openJournal(path)
    await journal.append({ kind: 'run-ended', outcome: 'lost' })
    await journal.close()
    lost.push(file.replace('.ndjson', ''))
  }
  await store.sweep()
  return lost
}
