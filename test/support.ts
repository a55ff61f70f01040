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

/**
 * Norm of the difference over the norm of what was expected. Differences below float32's noise count as none, since
 * some gradients, such as those of key biases, are zero by their mathematics.
 */
export function relativeError(actual: Float32Array, expected: Float32Array): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY
  let difference = 0
  let norm = 0
  expected.forEach((value, i) => {
    difference += ((actual[i] ?? Number.NaN) - value) ** 2
    norm += value ** 2
  })
  return difference < 1e-12 * expected.length ? 0 : Math.sqrt(difference / norm)
}
