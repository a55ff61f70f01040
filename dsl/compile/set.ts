/** `--set path=value`: changes one value from the command line. The result passes the same checks as a file. */
import { type Diagnostic, diagnose, replaceWith } from '../diagnostics/diagnostic.ts'
import { suggest } from '../diagnostics/suggest.ts'
import { type ReadValue, readYaml } from '../read/yaml.ts'
import {
  itemIndex,
  type Located,
  type LocatedEntry,
  type LocatedList,
  locate,
  type SourceText,
} from '../values/located.ts'
import { sections } from '../values/sections.ts'

/** Applies one `path=value`. Items of lists go by index from 0, or by their `name`. */
export function applySet(recipe: Located, flag: string, recipePath: string): ReadValue {
  const source: SourceText = { name: `--set ${flag}`, path: recipePath, text: flag }
  const equals = flag.indexOf('=')
  const pathSpan = { source, start: 0, end: equals === -1 ? flag.length : equals }
  if (equals < 1)
    return fault(
      recipe,
      diagnose('bad-set', pathSpan, {
        message: `'${flag}' is no PATH=VALUE`,
        fix: { hint: 'write for example --set params.tile=64' },
      }),
    )
  if (/^extends(?:[.=]|$)/.test(flag))
    return fault(
      recipe,
      diagnose('bad-set', pathSpan, {
        message: "'extends' names files, which are read before anything is set",
        fix: { hint: 'write a recipe that extends the other base' },
      }),
    )
  const steps = flag.slice(0, equals).split('.')
  const [section, parameter = '', ...deeper] = steps
  const axis = section === 'params' && deeper.length === 0 ? locate(recipe, ['matrix', parameter]) : undefined
  if (axis !== undefined)
    return fault(
      recipe,
      diagnose('bad-set', pathSpan, {
        message: `The matrix sets '${parameter}' in every variant, whatever 'params' says`,
        related: axis.key === undefined ? [] : [{ span: axis.key, message: 'the axis' }],
        fix: { hint: `write --set 'matrix.${parameter}=[${flag.slice(equals + 1)}]'` },
      }),
    )
  const read = readYaml(source, equals + 1)
  if (read.value === undefined || read.diagnostics.length > 0) return { value: recipe, diagnostics: read.diagnostics }
  return setAt(recipe, { steps, at: 0, value: read.value, source })
}

const isSection = (step: string | undefined): boolean => sections.some(section => section === step)

interface Assignment {
  readonly steps: readonly string[]
  /** Index of the step to take next. */
  readonly at: number
  readonly value: Located
  readonly source: SourceText
}

const fault = (value: Located, diagnostic: Diagnostic): ReadValue => ({ value, diagnostics: [diagnostic] })

function setAt(node: Located | undefined, assignment: Assignment): ReadValue & { readonly value: Located } {
  const { steps, at, source } = assignment
  const step = steps[at]
  if (step === undefined) return { value: { ...assignment.value, ...(node && { replaced: node }) }, diagnostics: [] }
  const start = steps.slice(0, at).join('.').length + (at === 0 ? 0 : 1)
  const key = { source, start, end: start + step.length }
  if (node?.kind === 'list') return setItem(node, step, assignment)
  if (node?.kind === 'scalar' && node.value !== null)
    return {
      value: node,
      diagnostics: [
        diagnose('bad-set', key, {
          message: `'${steps.slice(0, at).join('.')}' is a single value and has no '${step}'`,
        }),
      ],
    }
  const before: ReadonlyMap<string, LocatedEntry> = node?.kind === 'map' ? node.entries : new Map()
  const old = before.get(step)
  if (old === undefined && at === 1 && steps[0] === 'params')
    return {
      value: node ?? assignment.value,
      diagnostics: [
        diagnose('unknown-parameter', key, {
          message: `The recipe has no parameter '${step}'`,
          ...replaceWith(key, suggest(step, before.keys())),
        }),
      ],
    }
  if (old === undefined && at === 1 && steps.length > 2 && isSection(steps[0]))
    return {
      value: node ?? assignment.value,
      diagnostics: [
        diagnose('bad-set', key, {
          message: `'${steps[0]}' has no '${step}'`,
          ...replaceWith(key, suggest(step, before.keys()), { otherwise: `it has ${[...before.keys()].join(', ')}` }),
        }),
      ],
    }
  const inner = setAt(old?.value, { ...assignment, at: at + 1 })
  const entries = new Map(before).set(step, { key: old?.key ?? key, value: inner.value })
  return { value: { kind: 'map', entries, span: node?.span ?? key }, diagnostics: inner.diagnostics }
}

function setItem(list: LocatedList, step: string, assignment: Assignment): ReadValue & { readonly value: Located } {
  const index = itemIndex(list, step)
  if (index === undefined) {
    const span = { source: assignment.source, start: 0, end: assignment.source.text.indexOf('=') }
    const message = `'${assignment.steps.slice(0, assignment.at).join('.')}' has ${list.items.length} items and none is '${step}'`
    return { value: list, diagnostics: [diagnose('bad-set', span, { message })] }
  }
  const inner = setAt(list.items[index], { ...assignment, at: assignment.at + 1 })
  return { value: { ...list, items: list.items.with(index, inner.value) }, diagnostics: inner.diagnostics }
}
