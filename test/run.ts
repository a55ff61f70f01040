/** Runs every `*_test.js` below `dist/test`, each in a process of its own, and ends with `N passed, N failed`. */
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { stripVTControlCharacters } from 'node:util'

const root = import.meta.dirname
const wanted = process.argv.slice(2)

interface Outcome {
  readonly file: string
  readonly passed: number
  readonly failed: number
  readonly output: string
}

const testFiles = (): string[] =>
  readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('_test.js') && (wanted.length === 0 || wanted.some(word => file.includes(word))))
    .sort()

function runFile(file: string): Promise<Outcome> {
  return new Promise(resolve => {
    // Runs of a test wait for each other's slots only, not for those of other tests or of people.
    const slots = mkdtempSync(join(tmpdir(), 'terroir-test-slots-'))
    const child = spawn(process.execPath, ['--enable-source-maps', join(root, file)], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, TERROIR_SLOTS_FOLDER: slots },
    })
    let output = ''
    child.stdout.on('data', chunk => (output += chunk))
    child.stderr.on('data', chunk => (output += chunk))
    child.on('close', code => {
      rmSync(slots, { recursive: true, force: true })
      const text = stripVTControlCharacters(output)
      const count = (word: string) =>
        [...text.matchAll(new RegExp(`${word}:\\s+(\\d+)`, 'g'))].reduce((sum, m) => sum + Number(m[1]), 0)
      const passed = count('Passed')
      const unfinished = count('Total') - passed
      resolve({ file, passed, failed: unfinished || (code === 0 ? 0 : 1), output })
    })
  })
}

const files = testFiles()
const outcomes: Outcome[] = []
const next = async (): Promise<void> => {
  const file = files.shift()
  if (file === undefined) return
  const outcome = await runFile(file)
  outcomes.push(outcome)
  const skips = outcome.output.split('\n').filter(line => line.startsWith('skipped: '))
  console.log(`${outcome.failed === 0 ? 'ok  ' : 'FAIL'} ${relative('.', outcome.file)} (${outcome.passed})`)
  for (const line of skips) console.log(`     ${line}`)
  if (outcome.failed > 0) console.log(outcome.output)
  return next()
}
await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, next))

const total = (field: 'passed' | 'failed') => outcomes.reduce((sum, outcome) => sum + outcome[field], 0)
const failed = total('failed') + (outcomes.length === 0 ? 1 : 0)
process.exitCode = failed === 0 ? 0 : 1
console.log(`\n${total('passed')} passed, ${failed} failed`)
