/** Diagnostics: one type for every producer; producers collect and never throw. */
import type { Span } from '../values/located.ts'

/** The closed set of codes; docs/diagnostics.md explains each. */
export const codes = [
  // files
  'missing-file',
  'not-a-file',
  'unreadable-file',
  'file-too-large',
  'invalid-utf8',
  'outside-project',
  'empty-recipe',
  // YAML
  'yaml-syntax',
  'tab-indent',
  'duplicate-key',
  'bad-key',
  'ambiguous-scalar',
  'alias-bomb',
  'too-deep',
  'unsupported-tag',
  // extends, params, matrix, --set
  'extends-cycle',
  'unknown-parameter',
  'bad-substitution',
  'bad-set',
  'matrix-too-large',
  // shape of the recipe
  'unknown-key',
  'missing-key',
  'unknown-kind',
  'unknown-value',
  'type-mismatch',
  'out-of-range',
  'bad-quantity',
  'bad-name',
  // meaning
  'duplicate-name',
  'unknown-reference',
  'wrong-kind',
  'unknown-split',
  'unknown-phase',
  'unknown-round',
  'dependency-cycle',
  'leaking-split',
  'filters-itself',
  'not-decontaminated',
  'curriculum-order',
  'shape-mismatch',
  'over-memory',
  'text-too-long',
  'missing-annotation',
  'unknown-metric',
  'claim-bounds',
  'bad-template',
  'unused-entry',
  // permissions
  'bad-permission',
  'undeclared-permission',
  'unused-permission',
  // TypeScript recipes
  'typescript-syntax',
  'not-static',
] as const

/** Stands for one kind of fault. */
export type Code = (typeof codes)[number]

/** Errors stop a run; warnings do not. */
export type Severity = 'error' | 'warning'

/** Another place that helps to understand. */
export interface Related {
  readonly span: Span
  readonly message: string
}

/** A correction: a hint, and the exact edit if there is one. */
export interface Fix {
  readonly hint: string
  readonly edit?: { readonly span: Span; readonly text: string }
}

/** One fault, at one place. */
export interface Diagnostic {
  readonly code: Code
  readonly severity: Severity
  readonly span: Span
  /** Sentence case, no full stop, quotes round what the user wrote. */
  readonly message: string
  readonly expected?: string
  readonly actual?: string
  readonly related: readonly Related[]
  readonly fix?: Fix
}

/** The fields that producers may leave out. */
export type Details = Partial<Pick<Diagnostic, 'severity' | 'expected' | 'actual' | 'related' | 'fix'>>

/** Makes a diagnostic; an error unless its details give another severity. */
export function diagnose(code: Code, span: Span, words: { readonly message: string } & Details): Diagnostic {
  return { code, span, severity: 'error', related: [], ...words }
}

/** True if no diagnostic is an error, so that a run may start. */
export function isClean(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.every(diagnostic => diagnostic.severity !== 'error')
}

/** The fix that replaces what the user wrote; without a suggestion the hint `otherwise`, or none. */
export function replaceWith(
  span: Span,
  text: string | undefined,
  { otherwise }: { readonly otherwise?: string } = {},
): { readonly fix?: Fix } {
  if (text !== undefined) return { fix: { hint: `write '${text}'`, edit: { span, text } } }
  return otherwise === undefined ? {} : { fix: { hint: otherwise } }
}
