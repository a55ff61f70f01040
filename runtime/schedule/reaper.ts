/**
 * A process beside a worker that may start programs: once its standard input closes, because the controller closes it or
 * is dead, it ends all that the worker has started and then itself. Its argument is the worker's folder.
 */
import { killProcessTree, watchProcessTree } from './process_tree.ts'

const lookEvery = 250
const [folder = ''] = process.argv.slice(2)
const tree = watchProcessTree(folder)
const timer = setInterval(() => tree.look(), lookEvery)
// A signal to the controller's session must not end this process.
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined)
process.stdin.resume()
process.stdin.once('close', () => {
  clearInterval(timer)
  void killProcessTree(tree)
})
