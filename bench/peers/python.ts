/** Where PyTorch is, and how it runs best. */
import { execa } from 'execa'

/** A Python that has PyTorch, or the modules that are named. */
export async function findPython(modules = 'torch, numpy'): Promise<string | undefined> {
  for (const command of [process.env.PYTHON ?? 'python3', '/usr/bin/python3'])
    if (!(await execa(command, ['-c', `import ${modules}`], { reject: false })).failed) return command
  return undefined
}

/** Lets glibc reuse what PyTorch frees; by default it goes back to the system and is faulted in again at every step. */
export const keepMemory = { MALLOC_MMAP_THRESHOLD_: String(2 ** 25), MALLOC_TRIM_THRESHOLD_: String(2 ** 33) }
