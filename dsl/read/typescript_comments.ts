/** Finds the comments of TypeScript recipes. */
import { Node, Project } from 'ts-morph'
import type { FoundComment } from './comments.ts'

/** The comments of a TypeScript text, in order, and where its first statement begins. */
export function typescriptComments(text: string): {
  readonly comments: readonly FoundComment[]
  readonly firstStatement: number
} {
  const project = new Project({ useInMemoryFileSystem: true, compilerOptions: { noLib: true } })
  const file = project.createSourceFile('/recipe.ts', text)
  const found = new Map<number, FoundComment>()
  for (const node of [file, ...file.getDescendants()])
    for (const range of [...node.getLeadingCommentRanges(), ...node.getTrailingCommentRanges()])
      found.set(range.getPos(), { start: range.getPos(), end: range.getEnd(), lines: linesOf(range.getText()) })
  const first = file.getStatements().find(statement => !Node.isCommentStatement(statement))
  return {
    comments: [...found.values()].sort((a, b) => a.start - b.start),
    firstStatement: first && Node.isImportDeclaration(first) ? first.getStart() : 0,
  }
}

/** Without the marks of comments. */
function linesOf(text: string): readonly string[] {
  if (text.startsWith('//')) return [text.slice(2)]
  return text
    .replace(/^\/\*+/, '')
    .replace(/\s*\*+\/$/, '')
    .split('\n')
    .map(line => line.replace(/^\s*\*/, ''))
    .filter(line => line.trim() !== '')
}
