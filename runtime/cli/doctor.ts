/** `terroir doctor`: what this machine can run. */
import { Command } from 'commander'
import { doctor } from '../app/doctor.ts'
import { printJson, printLine } from './print.ts'

/** The command. */
export function command(): Command {
  return new Command('doctor')
    .description(
      'Says which engines work here and why the others do not, and which permissions all runs have. Each engine is tried for real: a small graph is compiled and run.',
    )
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExamples:\n  terroir doctor\n  terroir doctor --json')
    .action(diagnose)
}

async function diagnose({ json }: { readonly json?: boolean }): Promise<void> {
  const machine = await doctor()
  if (json) return printJson(machine)
  const { node, cores, memoryGiB, engines, grants } = machine
  printLine(`Node.js ${node}, ${cores} cores, ${memoryGiB} GiB of memory\n`)
  for (const { name, available, detail } of engines)
    printLine(`${name.padEnd(8)}${available ? 'works    ' : 'missing  '}${detail}`)
  printLine("\n'engine: auto' takes cuda where it works, else cpu\n")
  if (grants.length === 0) printLine('No environment variable grants permissions to all runs')
  for (const { kind, name, variable } of grants) printLine(`All runs have --allow-${kind}=${name}, by ${variable}`)
}
