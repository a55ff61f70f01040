/** The state of the evaluation of a TypeScript recipe, and the report of an expression that cannot be evaluated. */
import { relative } from 'node:path'
import type { Node, Project, SourceFile, VariableDeclaration } from 'ts-morph'
import { type Diagnostic, diagnose } from '../diagnostics/diagnostic.ts'
import type { Located, LocatedScalar, SourceText, Span } from '../values/located.ts'
import type { Builder } from './builders.ts'
import type { EvaluationUsage } from './limits.ts'

/** A use of something that a builder made: the thing itself, or a part of it, such as a split. */
export interface BuilderUse {
  readonly target: Located
  readonly part?: string
}

/** The state of the evaluation of a recipe's files. */
export interface Evaluating extends EvaluationUsage {
  readonly project: Project
  /** Reads an imported file into the project; undefined, with a diagnostic, if that fails. */
  readonly open: (path: string, asked: Span) => SourceFile | undefined
  readonly diagnostics: Diagnostic[]
  /** The builder that made a value. */
  readonly made: Map<Located, Builder>
  readonly uses: Map<Located, BuilderUse>
  /** Constants that were evaluated; without a value during their evaluation. */
  readonly constants: Map<Node, Located | undefined>
  /** Constants of a file by name. */
  readonly declarations: Map<SourceFile, ReadonlyMap<string, VariableDeclaration>>
  /** Values in place of expressions that were reported: a value made from one of them is not reported again. */
  readonly reported: Set<Located>
  /** True after too many steps: the rest is not evaluated, and nothing more is reported. */
  isStopped: boolean
}

/** The span of a node. */
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

/** Reports an expression that is not static data. */
export function notStatic(state: Evaluating, node: Node, why = 'is not static'): Located {
  const span = spanOf(node)
  const nothing: LocatedScalar = { kind: 'scalar', value: null, span }
  if (state.isStopped) return nothing
  state.reported.add(nothing)
  const text = node.getText().split('\n')[0]?.slice(0, 60) ?? ''
  state.diagnostics.push(
    diagnose('not-static', span, {
      message: `'${text}' ${why}; recipes are data and are read without running them`,
      fix: { hint: 'write literals, constants, arithmetic, templates, spreads, or map over a list' },
    }),
  )
  return nothing
}
