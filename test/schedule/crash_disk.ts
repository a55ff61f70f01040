/** Fills the disk under a run: a small file system in memory holds the store. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { type Ending, faultsOfNextRun, startRun } from './crash_support.ts'

/** Sizes in KiB, from one that holds no journal to one that holds all but the last stage. */
const sizes = [4, 16, 32, 64, 96, 128, 160]

/** How trials are made and told. */
export interface DiskTrials {
  readonly inProject: <T>(body: (folder: string) => Promise<T>) => Promise<T>
  readonly say: (line: string) => void
  readonly sizes?: readonly number[]
}

/** True where this process may mount a file system. */
export async function canMount(): Promise<boolean> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false
  const folder = '/tmp/terroir-mount-trial'
  await mkdir(folder, { recursive: true })
  const { failed } = await execa('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder], { reject: false })
  if (!failed) await execa('umount', [folder])
  return !failed
}

/** Runs on disks of several sizes; each run that fails must say why, and the next one, with room, must succeed. */
export async function fillDisk(
  undisturbed: Ending,
  { inProject, say, sizes: wanted = sizes }: DiskTrials,
): Promise<{ readonly trials: number; readonly faults: readonly string[] }> {
  if (!(await canMount())) {
    say('skipped: full disks (needs the right to mount)')
    return { trials: 0, faults: [] }
  }
  const faults: string[] = []
  for (const size of wanted) {
    const found = await inProject(folder => onDisk(folder, size, undisturbed))
    faults.push(...found.map(fault => `disk of ${size} KiB: ${fault}`))
    say(`${found.length === 0 ? 'ok  ' : 'FAIL'} disk of ${size} KiB${found.map(fault => `\n     ${fault}`).join('')}`)
  }
  return { trials: wanted.length, faults }
}

async function onDisk(folder: string, size: number, undisturbed: Ending): Promise<readonly string[]> {
  const store = join(folder, '.terroir')
  await mkdir(store)
  await execa('mount', ['-t', 'tmpfs', '-o', `size=${size}k`, 'tmpfs', store])
  try {
    const { exitCode, stdout, stderr } = await startRun(folder)
    const told = /disk is full; make room/i.test(`${stdout}${stderr}`)
    await execa('mount', ['-o', 'remount,size=64m', store])
    return [
      ...(exitCode === 1 ? [] : [`a run without room ended with ${exitCode}`]),
      ...(told ? [] : [`a run without room said: ${stderr || stdout.slice(-400)}`]),
      ...(await faultsOfNextRun(folder, undisturbed)),
    ]
  } finally {
    await execa('umount', ['-l', store], { reject: false })
  }
}
