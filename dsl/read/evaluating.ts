/** What is known while a TypeScript recipe is evaluated, and how what cannot be is reported. */
import { relative } from 'node:path'
import type { Node, Project, SourceFile, VariableDeclaration } from 'ts-morph'
import { type Diagnostic, diagnose } from '../diagnostics/diagnostic.ts'
import type { Located, LocatedScalar, SourceText, Span } from '../values/located.ts'
import type { Builder } from './builders.ts'
import type { Spent } from './limits.ts'

/** A use of something that a builder made: the thing itself, or a part of it, such as a split. */
export interface Use {
  readonly target: Located
  readonly part?: string
}

/** What is known while files are evaluated. */
export interface Evaluating extends Spent {
  readonly project: Project
  /** Reads an imported file into the project; undefined, and a diagnostic, where that fails. */
  readonly open: (path: string, asked: Span) => SourceFile | undefined
  readonly diagnostics: Diagnostic[]
  /** What made a value, where a builder did. */
  readonly made: Map<Located, Builder>
  readonly uses: Map<Located, Use>
  /** Constants that were evaluated; without a value while they are. */
  readonly constants: Map<Node, Located | undefined>
  /** Constants of a file by name. */
  readonly declarations: Map<SourceFile, ReadonlyMap<string, VariableDeclaration>>
  /** What stands for expressions that were reported: what is made of them is no fault of its own. */
  readonly lost: Set<Located>
  /** Whether there were too many steps; what follows is not evaluated, and nothing more is reported. */
  isStopped: boolean
}

/** Where a node is written. */
export function spanOf(node: Node): Span {
  const file = node.getSourceFile()
  const known = sources.get(file)
  const path = file.getFilePath()
  const source = known ?? { name: relative('.', path), path, text: file.getFullText() }
  if (known === undefined) sources.set(file, source)
  return { source, start: node.getStart(), end: node.getEnd() }
}

/** One text for each file, however many spans point into it; files never change while they are read. */
const sources = new WeakMap<SourceFile, SourceText>()

/** Reports an expression that is no data. */
export function notStatic(state: Evaluating, node: Node, why = 'is not static'): Located {
  const span = spanOf(node)
  const nothing: LocatedScalar = { kind: 'scalar', value: null, span }
  if (state.isStopped) return nothing
  state.lost.add(nothing)
  const text = node.getText().split('\n')[0]?.slice(0, 60) ?? ''
  state.diagnostics.push(
    diagnose('not-static', span, {
      message: `'${text}' ${why}; recipes are data and are read without running them`,
      fix: { hint: 'write literals, constants, arithmetic, templates, spreads, or map over a list' },
    }),
  )
  return nothing
}
