/** Interruptions of a command that ends gracefully on the first one. */
import { exitCodes, tellLine } from './print.ts'

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Calls `stop` on the first interruption; the second tells `end` and ends this process, and its workers notice. */
export function onInterruption(stop: () => void, end: string): { close(): void } {
  let isStopping = false
  const onSignal = (): void => {
    if (isStopping) {
      tellLine(end)
      process.exit(exitCodes.interrupted)
    }
    isStopping = true
    stop()
  }
  for (const signal of signals) process.on(signal, onSignal)
  return {
    close(): void {
      for (const signal of signals) process.removeListener(signal, onSignal)
    },
  }
}
