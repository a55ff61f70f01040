/** `terroir run`: runs what is missing of a recipe, shows its progress, and prints its results. */
import { Command, Option, type Command as Program } from 'commander'
import { jobScripts, run } from '../app/run.ts'
import { engineNames } from '../kinds/context.ts'
import { collect, setOption, storeOption } from './options.ts'
import { exitCodes, printLine, tellDiagnostics } from './print.ts'
import { collectNames, duration, type RunFlags, wholeNumber } from './run_flags.ts'
import { showRun } from './show_run.ts'

const examples = `
Examples:
  terroir run recipe.yaml
  terroir run recipe.yaml --until pretrain.web
  terroir run recipe.yaml --set train.pretrain.batch_size=32
  terroir run recipe.yaml --force overhead
  terroir run recipe.yaml --executor slurm --sbatch partition=gpu --sbatch pretrain:time=12:00:00
  terroir run recipe.yaml --retry-failed           once the network drive is back
  terroir run recipe.yaml --locked --store again   reproduce it, from nothing

Environment: TERROIR_ALLOW_READ (paths, as in PATH), TERROIR_ALLOW_NET,
TERROIR_ALLOW_RUN and TERROIR_ALLOW_ENV (names, with commas between them) grant
to every run what the flags grant to one; terroir doctor lists them.

A run can be interrupted at any time; the next one goes on from what is done.

Exit codes: 0 done, 1 a stage failed or, with --strict, a claim does not hold
or, with --locked, recipe or results are not those of the lock, 2 bad recipe or
usage, 130 interrupted.`

/** The command. */
export function command(): Program {
  return new Command('run')
    .description(
      'Runs the stages of a recipe whose results are not stored yet; then prints what they made and which claims hold, and writes report and lock.',
    )
    .argument('<recipe>', 'recipe file')
    .addOption(setOption())
    .addOption(
      new Option('--engine <name>', 'compute with this engine, whatever the recipe says')
        .choices(engineNames)
        .env('TERROIR_ENGINE'),
    )
    .option('--force <stage>', 'run this stage again, and what depends on it; may be repeated', collect)
    .option('--until <stage>', 'run only this stage and what it needs')
    .option('--only <stage>', 'run only this stage; what it needs must be done')
    .option('--jobs <count>', 'stages at the same time (default: the number of cores)', wholeNumber)
    .addOption(
      new Option('--slots <count>', 'devices to use, or parts of the processor (default: every free GPU, or 1)')
        .argParser(wholeNumber)
        .env('TERROIR_SLOTS'),
    )
    .option('--timeout <duration>', 'end a stage that takes longer: 90s, 30m, 12h', duration)
    .option('--retry-failed', 'try items again that failed in finished stages, and only those; keep the others')
    .option('--keep-going', 'after a failure, go on with what does not need the failed stage')
    .option('--strict', 'exit with 1 when a claim does not hold')
    .addOption(new Option('--executor <name>', 'where stages run').choices(['local', 'slurm']).default('local'))
    .option('--sbatch <option>', 'with slurm: [STAGE:]NAME=VALUE, an option of sbatch; may be repeated', collect)
    .option('--dry-run', 'with slurm: print the scripts of the jobs, and submit nothing')
    .option('--allow-net <host>', 'let stages reach this host; may be repeated', collectNames)
    .option('--allow-env <name>', 'let stages see this environment variable; may be repeated', collectNames)
    .option('--allow-run <program>', 'let stages start this program; may be repeated', collectNames)
    .option('--allow-read <path>', 'let stages read this path outside the project; may be repeated', collect)
    .option('--locked', 'run only what the lock was written for; exit with 1 when a result is not as locked')
    .option('--verify', 'read every stored result first, and make damaged ones anew')
    .addOption(storeOption())
    .option('--json', 'print events as JSON, one a line')
    .option('--debug', 'print the stack of every failure, not only of defects')
    .addHelpText('after', examples)
    .action(async (recipe: string, flags: RunFlags) => {
      process.exitCode = await runRecipe(recipe, flags)
    })
}

async function runRecipe(recipe: string, flags: RunFlags): Promise<number> {
  const options = { ...flags, onWarnings: tellDiagnostics }
  if (!flags.dryRun) return showRun(flags, observer => run(recipe, { ...options, ...observer }))
  printLine(await jobScripts(recipe, options))
  return exitCodes.ok
}
