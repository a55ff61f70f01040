/** `terroir doctor`: what this machine can run. */
import { availableParallelism, totalmem } from 'node:os'
import { Command } from 'commander'
import { engineNames, tryEngine } from '../engine/mod.ts'

export function command(): Command {
  return new Command('doctor')
    .description(
      'Says which engines work here and why the others do not. Each is tried for real: a small graph is compiled and run.',
    )
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExamples:\n  terroir doctor\n  terroir doctor --json')
    .action(doctor)
}

async function doctor({ json }: { readonly json?: boolean }): Promise<void> {
  const engines = []
  for (const name of engineNames) engines.push(await tryEngine(name))
  const machine = {
    node: process.version,
    cores: availableParallelism(),
    memoryGiB: Number((totalmem() / 2 ** 30).toFixed(1)),
  }
  if (json) {
    console.log(JSON.stringify({ ...machine, engines }, null, 2))
    return
  }
  console.log(`Node.js ${machine.node}, ${machine.cores} cores, ${machine.memoryGiB} GiB of memory\n`)
  for (const { name, available, detail } of engines)
    console.log(`${name.padEnd(8)}${available ? 'works    ' : 'missing  '}${detail}`)
  console.log("\n'engine: auto' takes cuda where it works, else cpu")
}
