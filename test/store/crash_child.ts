/** Publishes one result, and kills itself just before the file-system call of the given number. */
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import { outcome } from './support.ts'

const [folder = '', fatal = ''] = process.argv.slice(2)
const replace = process.argv[4] === 'replace'
let calls = 0

function counted<Arguments extends readonly unknown[], R>(call: (...args: Arguments) => R): (...args: Arguments) => R {
  return (...args) => {
    calls += 1
    if (calls === Number(fatal)) process.kill(process.pid, 'SIGKILL')
    return call(...args)
  }
}
Object.assign(fs.promises, {
  open: counted(fs.promises.open),
  rename: counted(fs.promises.rename),
  rm: counted(fs.promises.rm),
  mkdir: counted(fs.promises.mkdir),
  writeFile: counted(fs.promises.writeFile),
})
syncBuiltinESMExports()

const { openStore } = await import('../../runtime/store/store.ts')
const store = openStore(folder)
const staging = await store.stage(outcome.key)
await fs.promises.mkdir(join(staging, 'shards'))
await fs.promises.writeFile(join(staging, 'shards', 'part.tar'), 'x'.repeat(200_000))
await fs.promises.writeFile(join(staging, 'index'), 'y'.repeat(1000))
await store.publish(staging, outcome, { replace })
