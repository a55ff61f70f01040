/** JSON as Python's `json` module writes it: with the words NaN and Infinity, which are no JSON, and integers of any size. */

/** Texts, words of numbers that are none, numbers, and the marks of objects and lists. */
const tokens = /"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b|-?[0-9][0-9.eE+-]*|[{}[\]:]/gs

/**
 * Parses JSON. NaN and infinities are read as null: a value that is missing; integers with more digits than a number
 * holds, as text. Throws a SyntaxError that names the line where it is no JSON, or where an object has a key twice.
 */
export function parsePythonJson(text: string): unknown {
  const twice: string[] = []
  /** Keys of the objects that are open; undefined for lists. */
  const open: (Set<string> | undefined)[] = []
  let last = ''
  const mended = text.replace(tokens, (token, at: number) => {
    if (token === '{') open.push(new Set())
    else if (token === '[') open.push(undefined)
    else if (token === '}' || token === ']') open.pop()
    else if (token === ':') {
      const keys = open.at(-1)
      if (keys?.has(last)) twice.push(`the key ${last} stands twice in one object (line ${lineAt(text, at)})`)
      keys?.add(last)
    } else if (token.startsWith('"')) last = token.includes('\\u') ? decoded(token) : token
    else if (token.endsWith('N') || token.endsWith('y')) return 'null'
    else if (/^-?[0-9]{16,}$/.test(token) && !Number.isSafeInteger(Number(token))) return `"${token}"`
    return token
  })
  const value = parse(mended)
  const [first] = twice
  if (first !== undefined) throw new SyntaxError(first)
  return value
}

/** A key whose characters may be escaped, as one whose are not. */
function decoded(key: string): string {
  try {
    return JSON.stringify(JSON.parse(key))
  } catch {
    return key
  }
}

const lineAt = (text: string, at: number): number => text.slice(0, at).split('\n').length

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    const [reason = ''] = (cause instanceof Error ? cause.message : String(cause)).split(/ in JSON at position/)
    const at = positionOf(cause instanceof Error ? cause.message : '', text)
    throw new SyntaxError(at === undefined ? reason : `${reason} (line ${lineAt(text, at)})`, { cause })
  }
}

/** The position of a fault: the parser's messages name it, the text around it, or the end. */
function positionOf(message: string, text: string): number | undefined {
  const [, position] = /at position ([0-9]+)/.exec(message) ?? []
  if (position !== undefined) return Number(position)
  if (message === 'Unexpected end of JSON input') return text.length
  const [, around = ''] = /^Unexpected token .*?, (?:\.\.\.)?"(.*?)"(?:\.\.\.)? is not valid JSON$/s.exec(message) ?? []
  const at = text.indexOf(around)
  return around === '' || at !== text.lastIndexOf(around) ? undefined : at + Math.min(10, around.length - 1)
}
