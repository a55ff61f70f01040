/** A signal for a loop that waits again and again. */

/** A signal that is kept until it was waited for: one that comes before anyone waits is not lost. */
export interface Wakeup {
  wake(): void
  /** Resolves once `wake` was called since the last wait. */
  wait(): Promise<void>
}

/** Makes a signal. */
export function createWakeup(): Wakeup {
  let isSet = false
  let resume = (): void => undefined
  return {
    wake() {
      isSet = true
      resume()
    },
    async wait() {
      if (!isSet) await new Promise<void>(resolve => (resume = resolve))
      isSet = false
    },
  }
}
