/**
 * Locks of slots that several runs share: no run takes a slot that a living process owns.
 *
 * A lock is a file in the slot's folder that is named after its owner. A process that wants a slot first writes its file
 * and then looks for others: of two at the same time at least one sees the other and deletes its own, so a slot never
 * has two owners. The file of a dead owner is ignored, so a killed run blocks no other. A process that has to wait leaves a
 * ticket, and no process takes a slot for which a living process has an older ticket: wide stages wait for running ones
 * only.
 */
import { randomBytes } from 'node:crypto'
import {
  accessSync,
  chmodSync,
  constants,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { UserFault } from '../../dsl/diagnostics/faults.ts'
import { codeOf, faultText } from '../store/files.ts'
import { isAlive, isLocal, type Owner, ownerText, parseOwner, thisProcess } from '../store/process.ts'
import type { SlotPool } from './slots.ts'

/** A shared slot: its name among runs, and its name for people. */
export interface SharedSlot {
  readonly name: string
  readonly label: string
}

/** Shared slots; `close` releases them. */
export interface SharedSlots extends SlotPool {
  close(): void
}

const beatEvery = 30_000
/** Milliseconds without a beat after which a process that cannot be looked at, as in a container, counts as dead. */
const silence = 300_000
const firstLook = 150
const lookSpread = 300

/**
 * Slots with locks in `root`, a folder of this machine that all runs agree on. `advice` is for a person who does not want
 * to wait.
 */
export function shareSlots(root: string, slots: readonly SharedSlot[], { advice = '' } = {}): SharedSlots {
  const mine = `${ownerText(thisProcess())}.${randomBytes(4).toString('hex')}`
  const held = new Set<number>()
  const folderOf = (slot: number): string => join(root, encodeURIComponent(slots[slot]?.name ?? ''))
  let ticket = ''
  const all = slots.map((_, slot) => slot)
  for (const folder of [root, ...all.map(folderOf)]) makeShared(folder)
  const files = (): readonly string[] => [
    ...[...held].map(slot => join(folderOf(slot), mine)),
    ...(ticket === '' ? [] : all.map(slot => join(folderOf(slot), ticket))),
  ]
  const timer = setInterval(() => {
    for (const file of files()) touch(file)
  }, beatEvery).unref()

  /** Living processes of a slot's folder, its owner or those that wait; not this pool itself. */
  function others(slot: number, kind: 'hold' | 'wait'): readonly { readonly file: string; readonly owner: Owner }[] {
    return readdirSync(folderOf(slot)).flatMap(file => {
      const waits = /^wait-[^-]+-/.exec(file)?.[0] ?? ''
      const owner = parseOwner(file.slice(waits.length))
      if (owner === undefined || (waits !== '') !== (kind === 'wait') || file.endsWith(mine)) return []
      if (isHolderAlive(owner, join(folderOf(slot), file))) return [{ file, owner }]
      remove(join(folderOf(slot), file))
      return []
    })
  }

  /** A pool with a ticket comes before later tickets; one without comes after all. */
  const mayTake = (slot: number): boolean => others(slot, 'wait').every(({ file }) => ticket !== '' && file > ticket)

  function hold(slot: number): boolean {
    if (!mayTake(slot) || others(slot, 'hold').length > 0) return false
    writeFileSync(join(folderOf(slot), mine), '')
    held.add(slot)
    if (others(slot, 'hold').length === 0) return true
    release(slot)
    return false
  }
  function release(slot: number): void {
    held.delete(slot)
    remove(join(folderOf(slot), mine))
  }
  /** Ordered by the clock that all processes of a machine share. A process that had slots and waits again comes after those that waited meanwhile. */
  function placeTicket(): void {
    if (ticket !== '') return
    ticket = `wait-${process.hrtime.bigint().toString(36).padStart(13, '0')}-${mine}`
    for (const slot of all) writeFileSync(join(folderOf(slot), ticket), '')
  }
  function removeTicket(): void {
    for (const slot of ticket === '' ? [] : all) remove(join(folderOf(slot), ticket))
    ticket = ''
  }

  return {
    size: slots.length,
    take(count) {
      const taken: number[] = []
      for (const slot of all) if (taken.length < count && !held.has(slot) && hold(slot)) taken.push(slot)
      if (taken.length === count) {
        removeTicket()
        return taken
      }
      for (const slot of taken) release(slot)
      placeTicket()
      return undefined
    },
    give(given) {
      for (const slot of given) release(slot)
    },
    others: {
      text() {
        const holders = all.flatMap(slot =>
          others(slot, 'hold').map(({ owner }) => `${slots[slot]?.label} (process ${owner.pid})`),
        )
        const hint = advice === '' ? '' : `; ${advice}`
        return holders.length === 0 ? '' : `Waiting for slots that other runs hold: ${holders.join(', ')}${hint}`
      },
      changed: () => setTimeout(firstLook + Math.random() * lookSpread),
    },
    close() {
      clearInterval(timer)
      removeTicket()
      for (const slot of [...held]) release(slot)
    },
  }
}

/** True if a living process owns the lock of a slot. */
export function isHeld(root: string, { name }: SharedSlot): boolean {
  const folder = join(root, encodeURIComponent(name))
  let files: readonly string[]
  try {
    files = readdirSync(folder)
  } catch {
    return false
  }
  return files.some(file => {
    const owner = parseOwner(file)
    return !file.startsWith('wait-') && owner !== undefined && isHolderAlive(owner, join(folder, file))
  })
}

function isHolderAlive(owner: Owner, file: string): boolean {
  if (isLocal(owner)) return isAlive(owner)
  const { mtimeMs = 0 } = statSync(file, { throwIfNoEntry: false }) ?? {}
  return Date.now() - mtimeMs < silence
}

/** Makes a folder that other people's runs may write, too. */
function makeShared(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true })
    accessSync(folder, constants.W_OK)
  } catch (cause) {
    const fault = faultText(cause)
    throw new UserFault(`The runs of this machine cannot agree on slots: ${fault}`, {
      hint: 'name a folder that all may write by TERROIR_SLOTS_FOLDER',
      place: 'TERROIR_SLOTS_FOLDER',
      cause,
    })
  }
  try {
    chmodSync(folder, 0o1777)
  } catch (error) {
    if (codeOf(error) !== 'EPERM') throw error
  }
}

function touch(file: string): void {
  try {
    utimesSync(file, new Date(), new Date())
  } catch {
    // It was released meanwhile.
  }
}

/** The file of a dead owner may belong to another user and stay; it is ignored anyway. */
function remove(file: string): void {
  try {
    rmSync(file, { force: true })
  } catch (error) {
    if (!['EPERM', 'EACCES'].includes(codeOf(error))) throw error
  }
}
