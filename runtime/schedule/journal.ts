/** The append-only log of a run: one JSON object a line, each flushed before the run goes on. */
import { mkdir, open, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { isRecord, parseJson } from '../../dsl/read/json.ts'
import type { ProcessId } from '../store/process.ts'

/** What is recorded. */
export type JournalEvent =
  | { readonly kind: 'run-started'; readonly run: string; readonly recipe: string; readonly controller: ProcessId }
  | { readonly kind: 'stage-started'; readonly stage: string; readonly key: string; readonly worker: ProcessId }
  | { readonly kind: 'stage-done'; readonly stage: string; readonly seconds: number; readonly peakMemory: number }
  | { readonly kind: 'stage-failed'; readonly stage: string; readonly reason: string; readonly peakMemory: number }
  | { readonly kind: 'stage-skipped'; readonly stage: string; readonly reason: string }
  | { readonly kind: 'run-ended'; readonly outcome: 'done' | 'failed' | 'stopped' | 'lost' }

/** A journal that is being written. */
export interface Journal {
  /** Resolves once the event is on the disk. */
  append(event: JournalEvent): Promise<void>
  close(): Promise<void>
}

/** Opens a journal to append to, and makes it where there is none. */
export async function openJournal(path: string): Promise<Journal> {
  await mkdir(dirname(path), { recursive: true })
  const handle = await open(path, 'a')
  // A leading line break sets apart what a killed writer left unfinished.
  if ((await handle.stat()).size > 0) await handle.write('\n')
  let last = Promise.resolve()
  return {
    append(event) {
      const written = last.then(async () => {
        await handle.write(`${JSON.stringify({ time: new Date().toISOString(), ...event })}\n`)
        await handle.datasync()
      })
      last = written.catch(() => undefined)
      return written
    },
    async close() {
      await last
      await handle.close()
    },
  }
}

const kinds: Readonly<Record<JournalEvent['kind'], readonly string[]>> = {
  'run-started': ['run', 'recipe', 'controller'],
  'stage-started': ['stage', 'key', 'worker'],
  'stage-done': ['stage', 'seconds', 'peakMemory'],
  'stage-failed': ['stage', 'reason', 'peakMemory'],
  'stage-skipped': ['stage', 'reason'],
  'run-ended': ['outcome'],
}

function isEvent(value: unknown): value is JournalEvent {
  if (!isRecord(value)) return false
  const fields = Object.entries(kinds).find(([kind]) => kind === value.kind)?.[1]
  return fields?.every(field => field in value) ?? false
}

/** Reads a journal; lines that a kill has torn are left out. Throws where there is no such file. */
export async function readJournal(path: string): Promise<readonly JournalEvent[]> {
  const lines: readonly unknown[] = (await readFile(path, 'utf8')).split('\n').map(parseJson)
  return lines.filter(isEvent)
}
