#!/usr/bin/env node
/**
 * The command line.
 *
 * Each command is a file that exports `command(): Command` (commander), with its arguments, options, examples and
 * action. The table below names and summarises them; only the file of the invoked command is loaded, so starting
 * stays quick. An action calls a function of `runtime/app`, prints what it returns, and sets `process.exitCode`;
 * `tellFault` prints what it throws, and tells the exit code.
 */
import { Command, CommanderError } from 'commander'
import { ownVersion } from '../app/version.ts'
import { codeOf } from '../store/files.ts'
import { writeText } from './print.ts'

interface CommandEntry {
  readonly name: string
  readonly summary: string
  readonly load: () => Promise<{ readonly command: () => Command }>
  /** Called by git rather than by people. */
  readonly isHidden?: true
}

const commands: readonly CommandEntry[] = [
  { name: 'init', summary: 'write a commented starter recipe', load: () => import('./init.ts') },
  { name: 'check', summary: 'say what is wrong with recipes, before anything runs', load: () => import('./check.ts') },
  { name: 'fmt', summary: 'lay recipes out canonically, comments kept', load: () => import('./fmt.ts') },
  { name: 'convert', summary: 'turn YAML recipes into TypeScript, and back', load: () => import('./convert.ts') },
  { name: 'plan', summary: 'show the stages of a recipe, and which are done', load: () => import('./plan.ts') },
  {
    name: 'explain',
    summary: 'say why a stage runs or not, and where a value comes from',
    load: () => import('./explain.ts'),
  },
  { name: 'run', summary: 'run what is not done yet', load: () => import('./run.ts') },
  { name: 'lock', summary: 'write or check the lock of a recipe, running nothing', load: () => import('./lock.ts') },
  { name: 'diff', summary: 'say what changed between recipes or revisions', load: () => import('./diff.ts') },
  {
    name: 'results',
    summary: 'list experiments: what differs, metrics, claims',
    load: () => import('./results.ts'),
  },
  { name: 'report', summary: 'write the HTML report of a recipe', load: () => import('./report.ts') },
  {
    name: 'samples',
    summary: 'list the samples of a stage, and what a filter says of each',
    load: () => import('./samples.ts'),
  },
  {
    name: 'export',
    summary: 'write a trained model, or embeddings of a dataset, for other programs',
    load: () => import('./export.ts'),
  },
  { name: 'ps', summary: 'show what runs at the moment', load: () => import('./ps.ts') },
  { name: 'stop', summary: 'stop a run; the next one goes on from there', load: () => import('./stop.ts') },
  { name: 'logs', summary: 'print what a stage said in its latest run', load: () => import('./logs.ts') },
  { name: 'clean', summary: 'remove results that nothing needs, find damaged ones', load: () => import('./clean.ts') },
  { name: 'schema', summary: 'print the JSON Schema of recipes, for editors', load: () => import('./schema.ts') },
  {
    name: 'doc',
    summary: 'print the reference of the language, or of one kind',
    load: () => import('./doc.ts'),
  },
  {
    name: 'git-setup',
    summary: 'let git compare recipes by meaning and merge locks by stage',
    load: () => import('./git_setup.ts'),
  },
  { name: 'textconv', summary: 'print a file as git compares it', load: () => import('./textconv.ts'), isHidden: true },
  { name: 'merge-lock', summary: 'merge locks for git', load: () => import('./merge_lock.ts'), isHidden: true },
  { name: 'doctor', summary: 'say what this machine can run', load: () => import('./doctor.ts') },
]

/** All commands by name and summary; the invoked one in full. */
async function program(invoked: string | undefined): Promise<Command> {
  const root = new Command('terroir')
    .description('A workflow language for remote-sensing vision-language models: write a recipe, check it, run it.')
    .version(ownVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .addHelpText('after', examples)
    .showHelpAfterError('(terroir --help lists the commands)')
    .configureOutput({
      writeOut: text => void writeText(process.stdout, text),
      writeErr: text => void writeText(process.stderr, text),
    })
    .exitOverride()
  for (const { name, summary, load, isHidden = false } of commands) {
    const command = name === invoked ? (await load()).command().copyInheritedSettings(root) : new Command(name)
    root.addCommand(command.summary(summary).showHelpAfterError(`(terroir ${name} --help says how it is used)`), {
      hidden: isHidden,
    })
  }
  return root
}

const examples = `
Examples:
  terroir init my-recipe            write my-recipe.yaml
  terroir check my-recipe.yaml      find mistakes, with hints
  terroir plan my-recipe.yaml       see what would run
  terroir run my-recipe.yaml        run it; a second time does nothing

Each command has its own help: terroir run --help

Exit codes: 0 ok, 1 failed work, 2 bad recipe or usage, 130 interrupted.`

/** Runs one command line and returns the exit code that a fault of usage or work asks for. */
async function main(argv: readonly string[]): Promise<number | undefined> {
  const root = await program(argv.find(argument => !argument.startsWith('-')))
  try {
    await root.parseAsync(argv, { from: 'user' })
    return undefined
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    const { tellFault } = await import('./tell_fault.ts')
    return tellFault(error, { debug: argv.includes('--debug') })
  }
}

process.on('uncaughtException', async error => {
  const { tellFault } = await import('./tell_fault.ts')
  process.exit(tellFault(error))
})

// A reader that has seen enough, such as `head`, ends the program without a fault.
process.stdout.on('error', error => {
  if (codeOf(error) !== 'EPIPE') throw error
  process.exit()
})

const code = await main(process.argv.slice(2))
if (code !== undefined) process.exitCode = code
