/** Finds the comments of recipe files. */
import { CST, Lexer } from 'yaml'

/** A comment in the text of a file. */
export interface FoundComment {
  readonly start: number
  readonly end: number
  readonly lines: readonly string[]
}

/** The comments of a YAML text, in order. */
export function yamlComments(text: string): readonly FoundComment[] {
  const found: FoundComment[] = []
  let offset = 0
  let before = ''
  for (const token of new Lexer().lex(text)) {
    const isMark = ['\x02', '\x18', CST.SCALAR].includes(token)
    if (before !== CST.SCALAR && token.startsWith('#'))
      found.push({ start: offset, end: offset + token.length, lines: [token.slice(1)] })
    if (!isMark) offset += token.length
    before = token
  }
  // This comment configures the editor.
  return found.filter(({ lines }) => !lines[0]?.startsWith(' yaml-language-server:'))
}
