/** Helpers that tests share. */
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Test } from 'uvu'

/** The project's root folder. */
export const projectRoot = resolve(import.meta.dirname, '../..')

/** Path inside the folder of reference data that may lie beside the project; it is no part of it. */
export const sharedPath = (path: string): string => join(projectRoot, '..', 'shared', path)

/** Registers a test that needs reference data; where that is absent the test is skipped, by name. */
export function testWithShared(test: Test, needs: string, name: string, body: () => Promise<void> | void): void {
  if (existsSync(sharedPath(needs))) test(name, body)
  else console.log(`skipped: ${name} (needs shared/${needs})`)
}

/** Runs `body` with a fresh temporary folder that is removed afterwards. */
export async function inTempFolder<T>(body: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'terroir-test-'))
  try {
    return await body(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
