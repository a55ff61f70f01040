/** Acquires a lock twice, and writes down when it has it. */
import { appendFile } from 'node:fs/promises'
import { setTimeout } from 'node:timers/promises'
import { acquireLock } from '../../runtime/store/locks.ts'

const [folder = '', name = '', log = ''] = process.argv.slice(2)
for (let turn = 0; turn < 2; turn += 1) {
  const lock = await acquireLock(folder, name)
  await appendFile(log, `in ${process.pid}\n`)
  await setTimeout(2)
  await appendFile(log, `out ${process.pid}\n`)
  await lock?.release()
}
