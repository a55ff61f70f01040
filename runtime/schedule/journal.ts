/** The append-only log of a run: one JSON object a line, each flushed before the run goes on. */
import { type FileHandle, mkdir, open, readFile, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { jsonText } from '../../dsl/diagnostics/terminal_text.ts'
import { isRecord, isText, parseJson } from '../../dsl/values/json.ts'
import type { Numbers } from '../kinds/context.ts'
import { flush } from '../store/files.ts'
import type { Owner, ProcessId } from '../store/process.ts'
import { isNumbers } from './protocol.ts'

/** An event that is recorded. */
export type JournalEvent =
  /** `keys` are those of all stages of the plan: the results that the run may read. */
  | {
      readonly kind: 'run-started'
      readonly run: string
      readonly recipe: string
      readonly controller: Owner
      readonly keys: readonly string[]
    }
  | { readonly kind: 'stage-started'; readonly stage: string; readonly key: string; readonly worker: ProcessId }
  | { readonly kind: 'stage-submitted'; readonly stage: string; readonly key: string; readonly job: string }
  | { readonly kind: 'stage-done'; readonly stage: string; readonly seconds: number; readonly peakMemory: number }
  | { readonly kind: 'stage-failed'; readonly stage: string; readonly reason: string; readonly peakMemory: number }
  | { readonly kind: 'stage-skipped'; readonly stage: string; readonly reason: string }
  /** Numbers that a stage logged: of training some twenty of the steps, and all that were validated. */
  | { readonly kind: 'stage-log'; readonly stage: string; readonly values: Numbers }
  | { readonly kind: 'run-ended'; readonly outcome: 'done' | 'failed' | 'stopped' | 'lost' }

/** A journal that is being written. */
export interface Journal {
  /** Resolves once the event is on the disk. */
  append(event: JournalEvent): Promise<void>
  close(): Promise<void>
}

const lineOf = (event: JournalEvent): string => `${jsonText({ time: new Date().toISOString(), ...event })}\n`

async function write(handle: FileHandle, text: string): Promise<void> {
  await handle.write(text)
  await handle.datasync()
}

/**
 * Begins a journal with its first event. It is written at `aside` and then renamed, so that a journal always names
 * its controller: one that does not was cut later, and belongs to no living process.
 */
export async function openJournal(path: string, { first, aside }: JournalStart): Promise<Journal> {
  await mkdir(dirname(path), { recursive: true })
  const handle = await open(aside, 'ax')
  await write(handle, lineOf(first))
  await rename(aside, path)
  await flush(dirname(path))
  const waiting: string[] = []
  let next = Promise.resolve()
  let last = Promise.resolve()
  return {
    append(event) {
      waiting.push(lineOf(event))
      // All events that come during a flush share the next one.
      const written = waiting.length > 1 ? next : last.then(() => write(handle, waiting.splice(0).join('')))
      next = written
      last = written.catch(() => undefined)
      return written
    },
    async close() {
      await last
      await handle.close()
    },
  }
}

/** Options of beginning a journal. */
export interface JournalStart {
  readonly first: JournalEvent
  /** A path on the same file system where the journal is written before it is in its place. */
  readonly aside: string
}

/** Adds an event to the journal of a run that is over. A leading line break sets it apart from a torn line. */
export async function appendEvent(path: string, event: JournalEvent): Promise<void> {
  const handle = await open(path, 'a')
  try {
    await write(handle, `\n${lineOf(event)}`)
  } finally {
    await handle.close()
  }
}

const isProcess = (value: unknown): boolean => isRecord(value) && typeof value.pid === 'number' && isText(value.start)

const isNumber = (value: unknown): boolean => typeof value === 'number'

/** Fields of each kind of event, and their guards: a line may have been torn, or edited. */
const kinds: Readonly<Record<JournalEvent['kind'], Readonly<Record<string, (value: unknown) => boolean>>>> = {
  'run-started': {
    run: isText,
    recipe: isText,
    controller: value => isProcess(value) && isRecord(value) && isText(value.host),
    keys: value => Array.isArray(value) && value.every(isText),
  },
  'stage-started': { stage: isText, key: isText, worker: isProcess },
  'stage-submitted': { stage: isText, key: isText, job: isText },
  'stage-done': { stage: isText, seconds: isNumber, peakMemory: isNumber },
  'stage-failed': { stage: isText, reason: isText, peakMemory: isNumber },
  'stage-skipped': { stage: isText, reason: isText },
  'stage-log': { stage: isText, values: isNumbers },
  'run-ended': { outcome: isText },
}

function isEvent(value: unknown): value is JournalEvent {
  if (!isRecord(value)) return false
  const fields = Object.entries(kinds).find(([kind]) => kind === value.kind)?.[1]
  return fields !== undefined && Object.entries(fields).every(([name, holds]) => holds(value[name]))
}

/** Reads a journal; lines that a kill has torn are left out. Throws if there is no such file. */
export async function readJournal(path: string): Promise<readonly JournalEvent[]> {
  const lines: readonly unknown[] = (await readFile(path, 'utf8')).split('\n').map(parseJson)
  return lines.filter(isEvent)
}
