/** Bounds of the messages of workers: what a stage quotes reaches events, journal and manifest in part, and its log whole. */
import { boundedText } from '../../dsl/diagnostics/bounded.ts'
import { isText } from '../../dsl/values/json.ts'
import type { Message } from './protocol.ts'

/** Characters of a text that a worker sends. */
const longestSent = 1 << 22
const longestName = 500
const callsKept = 100

/** A text as a worker sends it; more would not fit one message. */
export const sentText = (text: string): string =>
  boundedText(text, { characters: longestSent, lines: Number.POSITIVE_INFINITY })

const short = (text: string): string => boundedText(text, { whole: 'the log of the stage' })

const name = (text: string): string => boundedText(text, { characters: longestName, lines: 1 })

/** A message with bounded texts. */
export function boundedMessage(message: Message): Message {
  switch (message.kind) {
    case 'log':
    case 'warn':
      return { ...message, text: short(message.text) }
    case 'result':
      return { ...message, result: { ...message.result, summary: name(message.result.summary) } }
    case 'error': {
      const { text, hint, place, stack } = message
      return {
        ...message,
        text: short(text),
        stack: boundedStack(stack),
        ...(hint !== undefined && { hint: short(hint) }),
        ...(place !== undefined && { place: isText(place) ? name(place) : boundedPlace(place) }),
      }
    }
    case 'progress':
    case 'heartbeat':
      return message
  }
}

const boundedPlace = <Place extends object>(place: Place): Place =>
  Object.assign({}, place, ...Object.entries(place).map(([key, part]) => isText(part) && { [key]: name(part) }))

/** The message of an error in part, its calls, and the messages and calls of its causes. */
function boundedStack(stack: string): string {
  const start = stack.search(/\n\s+at /)
  const calls = start === -1 ? [] : stackLines(stack.slice(start)).slice(0, callsKept).map(name)
  return [short(start === -1 ? stack : stack.slice(0, start)), ...calls].join('\n')
}

/** The calls of a stack, and the messages of causes, without the message of the error itself. */
export const stackLines = (stack: string): readonly string[] =>
  stack.split('\n').filter(line => /^(\s+at |Caused by )/.test(line))
