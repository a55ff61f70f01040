import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { jsonText, visible } from '../../dsl/diagnostics/terminal_text.ts'
import { writeProject } from '../schedule/crash_support.ts'
import { inTempFolder, projectRoot } from '../support.ts'

const program = join(projectRoot, 'dist/runtime/cli/main.js')

/** Sets the clipboard, colours, clears the screen by a C1 character, overwrites the line, reorders and hides. */
const evil = '\x1b]52;c;aGVsbG8K\x07\x1b[31m\u009b2J\r\u202e\u2066\u200b\x7f'
/** The same in double quotes of YAML. */
const written = '\\e]52;c;aGVsbG8K\\a\\e[31m\\u009b2J\\r\\u202e\\u2066\\u200b\\x7f'

/** All that acts on a terminal but tab and line feed. */
const acts = /(?![\t\n])[\p{Cc}\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]/gu

/** Sequences that terroir itself writes to a terminal: colours, the frames of a live view. */
const start = '\x1b'
const own = new RegExp(
  `${start}\\[(0|1|2|22|3[1236]|39|90)m|${start}\\[(\\?25[hl]|\\?2026[hl]|\\?7[hl]|K|J|\\d+A\r)|\r(?=\n)`,
  'g',
)

const shown = (found: readonly string[]): readonly string[] => [...new Set(found)].map(text => JSON.stringify(text))

const recipe = `evil${evil}.yaml`

/** The small project, with sequences in its recipe, in names of files, in captions and in damaged images. */
async function writeEvil(folder: string): Promise<void> {
  await writeProject(folder)
  await mkdir(join(folder, `photos/a${evil}`), { recursive: true })
  await writeFile(join(folder, `photos/a${evil}/broken${evil}.png`), 'no image')
  const captions = await readFileSync(join(folder, 'photos/captions.csv'), 'utf8')
  const row = `"a${evil}/broken${evil}.png","a field ${evil}"`
  await writeFile(
    join(folder, 'photos/captions.csv'),
    `${captions.replaceAll('field', `field ${evil.replaceAll('\r', '')}`)}${row}\n`,
  )
  const text = readFileSync(join(folder, 'tiny.yaml'), 'utf8')
    .replace('path: photos', 'path: photos\n    max_corrupt: 1')
    .replace('name: tiny', `name: tiny\ndescription: "Of ${written}"`)
    .replace(/origin: '.*'/, `origin: "a table ${written}"`)
  await writeFile(join(folder, recipe), text)
  await writeFile(join(folder, `wrong${evil}.yaml`), `${text}\n"key${written}": {}\n`)
  await rename(join(folder, 'tiny.yaml'), join(folder, 'tiny-plain.yaml'))
}

const terroir = (cwd: string, ...args: readonly string[]) =>
  execa('node', [program, ...args], { cwd, reject: false, env: { TERROIR_STORE: '' } })

/** Command lines of the project, with the exit code of each. JSON is asked for by `--json`. */
const commandLines: readonly (readonly [number, ...string[]])[] = [
  [0, 'check', recipe],
  [2, 'check', `wrong${evil}.yaml`],
  [2, 'check', `wrong${evil}.yaml`, '--json'],
  [2, 'check', `absent${evil}.yaml`],
  [0, 'plan', recipe],
  [0, 'plan', recipe, '--json'],
  [0, 'plan', recipe, '--graph', 'mermaid'],
  [0, 'run', recipe, '--until', 'photos', '--store', `events${evil}`, '--json'],
  [1, 'run', recipe, '--set', 'sources.photos.max_corrupt=0'],
  [0, 'run', recipe],
  [0, 'run', recipe],
  [2, 'run', recipe, '--until', `photos${evil}`],
  [2, `run${evil}`],
  [0, 'logs'],
  [0, 'logs', 'photos'],
  [2, 'logs', `photos${evil}`],
  [0, 'ps'],
  [0, 'ps', '--json'],
  [0, 'stop'],
  [0, 'explain', recipe, 'photos'],
  [0, 'explain', recipe, 'claims.trains.origin'],
  [0, 'explain', recipe, 'description'],
  [2, 'explain', recipe, evil],
  [0, 'diff', 'tiny-plain.yaml', recipe],
  [0, 'diff', 'tiny-plain.yaml', recipe, '--json'],
  [0, 'report', recipe, '--out', `page${evil}.html`],
  [0, 'lock', recipe],
  [0, 'lock', recipe, '--check'],
  [1, 'lock', 'tiny-plain.yaml', '--check'],
  [0, 'export', recipe, 'pretrain', '--to', `model${evil}`],
  [2, 'export', recipe, evil, '--to', 'other'],
  [0, 'clean', '--dry-run'],
  [0, 'clean', '--verify'],
  [0, 'fmt', recipe],
  [0, 'fmt', `wrong${evil}.yaml`],
  [0, 'textconv', recipe],
  [2, 'doc', evil],
  [0, 'doctor'],
  [0, 'doctor', '--json'],
  [0, 'init', `new${evil}`],
  [2, 'init', `new${evil}`],
]

test('no command lets text of files, recipes or arguments act on a pipe, and JSON stays what it says', () =>
  inTempFolder(async folder => {
    await writeEvil(folder)
    for (const [exitCode, ...args] of commandLines) {
      const ended = await terroir(folder, ...args)
      const line = JSON.stringify(args)
      assert.is(ended.exitCode, exitCode, `${line}: ${ended.stdout}\n${ended.stderr}`)
      assert.equal(shown(`${ended.stdout}${ended.stderr}`.match(acts) ?? []), [], line)
      if (!args.includes('--json')) continue
      const texts = args[0] === 'run' ? ended.stdout.split('\n') : [ended.stdout]
      for (const text of texts) assert.not.throws(() => JSON.parse(text), `${line}: ${text}`)
    }
    const log = (await terroir(folder, 'logs', 'photos')).stdout
    assert.match(log, `broken${visible(evil)}.png`)
    const [run = ''] = readdirSync(join(folder, '.terroir/logs'))
    assert.equal(readFileSync(join(folder, '.terroir/logs', run, 'photos.log'), 'utf8').match(acts), null)
    const [journal = ''] = readdirSync(join(folder, '.terroir/journal'))
    assert.equal(readFileSync(join(folder, '.terroir/journal', journal), 'utf8').match(acts), null)
    assert.equal(readFileSync(join(folder, `page${evil}.html`), 'utf8').match(acts), null)
    assert.ok(existsSync(join(folder, `model${evil}`)))
    // A recipe that is converted into a file keeps its texts.
    const converted = await terroir(folder, 'convert', recipe)
    await writeFile(join(folder, 'converted.ts'), converted.stdout)
    const compared = await terroir(folder, 'diff', recipe, 'converted.ts', '--json')
    const { changes, reruns, claims } = JSON.parse(compared.stdout)
    assert.equal([...changes, ...reruns], [])
    assert.is(claims[0].after.claim.origin, `a table ${evil}`)
    assert.is(claims[0].before.claim.origin, `a table ${evil}`)
  }))

const hasTerminal = existsSync('/usr/bin/script')

/** Runs a command line in a terminal; what the terminal got, without what terroir writes to it itself. */
async function inTerminal(folder: string, ...args: readonly string[]): Promise<string> {
  const quoted = ['node', program, ...args].map(arg => `'${arg}'`).join(' ')
  const { stdout } = await execa('script', ['-qec', quoted, '/dev/null'], {
    cwd: folder,
    reject: false,
    stdin: 'ignore',
    env: { TERROIR_STORE: '', TERM: 'xterm-256color', NO_COLOR: '' },
    stripFinalNewline: false,
  })
  return stdout.replaceAll(own, '')
}

if (hasTerminal)
  test('nor does any on a terminal, where a run is shown live', () =>
    inTempFolder(async folder => {
      await writeEvil(folder)
      for (const args of [
        ['run', recipe, '--until', 'photos'],
        ['logs', 'photos'],
        ['check', `wrong${evil}.yaml`],
        ['convert', recipe],
        ['explain', recipe, 'description'],
        ['diff', 'tiny-plain.yaml', recipe],
      ]) {
        const text = await inTerminal(folder, ...args)
        assert.match(text, ']52;c;aGVsbG8K', `${args[0]}: ${text}`)
        assert.equal(shown(text.match(acts) ?? []), [], args[0])
      }
    }))
else console.log('skipped: nor does any on a terminal, where a run is shown live (needs script)')

test('text keeps joiners, and JSON its value', () => {
  const persian = 'می\u200cخواهم 👩\u200d🌾'
  assert.is(visible(persian), persian)
  assert.equal(JSON.parse(jsonText({ [evil]: [evil, persian, '\ud800', '\u{e0041}'] })), {
    [evil]: [evil, persian, '\ud800', '\u{e0041}'],
  })
})

test.run()
