/** JSON as Python's `json` module writes it: with the words NaN and Infinity, which are no JSON. */

/** A text in quotes, or one of the words of numbers that are none. */
const textOrWord = /"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/gs

/** Parses JSON; NaN and infinities are read as null: a value that is missing. Throws a SyntaxError where it is no JSON. */
export function parsePythonJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (fault) {
    let words = 0
    const mended = text.replace(textOrWord, found => {
      if (found.startsWith('"')) return found
      words += 1
      return 'null'
    })
    if (words === 0) throw fault
    return JSON.parse(mended)
  }
}
