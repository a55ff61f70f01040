/** Names of a recipe: the entries that have them, and the references to them. */

import { type Diagnostic, diagnose } from '../diagnostics/diagnostic.ts'
import type { Entry, NamedEntry } from '../kinds/definition.ts'
import type { FilledRecipe } from '../kinds/filled.ts'
import { distill, evaluationKind, filterKind, modelKind, train } from '../kinds/registry.ts'
import type { Files } from '../values/files.ts'
import { type LocatedMap, locate, type Span, type ValuePath } from '../values/located.ts'
import { type Section, sections } from '../values/sections.ts'

/** A checked recipe: its filled values, and the tree that they were read from. */
export interface Checked {
  readonly recipe: FilledRecipe
  readonly tree: LocatedMap
  /** Absolute folder of the recipe file. */
  readonly folder: string
  /** The files that the recipe is read from; absent: the disk. */
  readonly files?: Files | undefined
  /** Set where something faulty was taken out of the recipe. */
  readonly gaps?: Gaps | undefined
}

/** The parts of a recipe that were taken out, as they are faulty. */
export interface Gaps {
  /** Names of entries of which something is missing, and sections without entries such as `resources`. */
  readonly broken: ReadonlySet<string>
  /** Names of entries that are missing as a whole. */
  readonly lost: ReadonlySet<string>
}

/** The span of a value; for a default, that of the nearest mapping around it. */
export function spanAt(checked: Checked, path: ValuePath): Span {
  const found = locate(checked.tree, path)
  if (found) return found.value.kind === 'scalar' ? found.value.span : (found.key ?? found.value.span)
  return path.length === 0 ? checked.tree.span : spanAt(checked, path.slice(0, -1))
}

/** The span of a key. */
export function keyAt(checked: Checked, path: ValuePath): Span {
  return locate(checked.tree, path)?.key ?? spanAt(checked, path)
}

/** The section that each name belongs to; the first one where a name is given twice. */
export function sectionsByName(recipe: FilledRecipe): ReadonlyMap<string, Section> {
  const found = new Map<string, Section>()
  for (const section of sections)
    for (const name of Object.keys(recipe[section])) if (!found.has(name)) found.set(name, section)
  return found
}

/** Names given in two sections, and phases of one training run of the same name. */
export function checkNames(checked: Checked): readonly Diagnostic[] {
  const { recipe } = checked
  const owners = sectionsByName(recipe)
  const diagnostics: Diagnostic[] = []
  for (const section of sections)
    for (const name of Object.keys(recipe[section])) {
      const owner = owners.get(name) ?? section
      if (owner !== section)
        diagnostics.push(twice(name, keyAt(checked, [section, name]), keyAt(checked, [owner, name])))
    }
  for (const [name, { phases }] of Object.entries(recipe.train))
    for (const [index, phase] of phases.entries()) {
      const first = phases.findIndex(other => other.name === phase.name)
      const at = (phaseIndex: number) => spanAt(checked, ['train', name, 'phases', phaseIndex, 'name'])
      if (first < index) diagnostics.push(twice(phase.name, at(index), at(first)))
    }
  return diagnostics
}

function twice(name: string, span: Span, first: Span): Diagnostic {
  return diagnose('duplicate-name', span, {
    message: `The name '${name}' is already taken`,
    related: [{ span: first, message: 'taken here' }],
    fix: { hint: 'rename one of them; names are unique in a recipe' },
  })
}

/** The class of entry that a reference must name. */
export type Wanted = 'dataset' | 'trained model' | 'architecture'

/** Sections whose entries are of a class. */
export const sectionsOf: { readonly [wanted in Wanted]: readonly Section[] } = {
  dataset: ['sources', 'filters'],
  'trained model': ['train', 'distill'],
  architecture: ['models'],
}

/** True if an architecture comes with weights, so that it is a trained model, too. */
export function hasWeights(recipe: FilledRecipe, name: string): boolean {
  const model = Object.hasOwn(recipe.models, name) ? recipe.models[name] : undefined
  return model !== undefined && modelKind(model).hasWeights === true
}

/** True if a reference names an entry of the class that it must name. */
export function isRightKind({ text, wants }: Reference, owners: ReadonlyMap<string, Section>): boolean {
  const section = owners.get(splitReference(text).name)
  return section !== undefined && sectionsOf[wants].includes(section)
}

/** A place where an entry names another. */
export interface Reference {
  readonly path: ValuePath
  readonly text: string
  readonly wants: Wanted
  /** True where the name is a key, not a value. */
  readonly isKey?: boolean
  /** True for a dataset that is learnt from: its training split where none is named. */
  readonly isLearnt?: boolean
}

/** Every reference of a recipe, in its order. */
export function references(recipe: FilledRecipe): readonly Reference[] {
  const found: Reference[] = []
  const add = (wants: Wanted, entry: readonly string[], { at, text, isKey = false }: NamedEntry) =>
    found.push({ wants, text, path: [...entry, ...at], isKey })
  const addLearnt = (entry: readonly string[], { at, text, isKey = false, isMeasured = false }: NamedEntry) =>
    found.push({ wants: 'dataset', text, path: [...entry, ...at], isKey, isLearnt: !isMeasured })
  for (const [name, filter] of Object.entries(recipe.filters)) {
    const entry = ['filters', name]
    for (const named of filteredBy(filter)) add('dataset', entry, named)
    for (const named of filterKind(filter).references?.(filter) ?? []) add('dataset', entry, named)
  }
  for (const [name, model] of Object.entries(recipe.models))
    for (const named of modelKind(model).references(model)) addLearnt(['models', name], named)
  for (const [name, entry] of Object.entries(recipe.train)) {
    add('architecture', ['train', name], { at: ['model'], text: entry.model })
    for (const named of train.references(entry)) addLearnt(['train', name], named)
  }
  for (const [name, entry] of Object.entries(recipe.distill)) {
    add('trained model', ['distill', name], { at: ['model'], text: entry.model })
    for (const named of distill.references(entry)) addLearnt(['distill', name], named)
  }
  for (const [name, evaluation] of Object.entries(recipe.evaluate)) {
    const entry = ['evaluate', name]
    add('trained model', entry, { at: ['model'], text: evaluation.model })
    for (const named of evaluationKind(evaluation).learnsFrom?.(evaluation) ?? []) addLearnt(entry, named)
    add('dataset', entry, { at: ['data'], text: evaluation.data })
  }
  return found
}

/** The dataset, or the datasets, that a filter reads `from`. */
export const filteredBy = ({ from }: Entry<'filters'>): readonly NamedEntry[] =>
  typeof from === 'string' ? [{ at: ['from'], text: from }] : from.map((text, index) => ({ at: ['from', index], text }))

/** `landmarks.test` -> name `landmarks`, part `test`. */
export function splitReference(text: string): { readonly name: string; readonly part?: string } {
  const dot = text.indexOf('.')
  return dot === -1 ? { name: text } : { name: text.slice(0, dot), part: text.slice(dot + 1) }
}

/** The architecture of a trained model; undefined if a name is unknown or part of a cycle. */
export function architectureOf(recipe: FilledRecipe, model: string): Entry<'models'> | undefined {
  let { name } = splitReference(model)
  for (let steps = 0; steps <= Object.keys(recipe.distill).length; steps++) {
    if (Object.hasOwn(recipe.train, name)) {
      const architecture = recipe.train[name]?.model ?? ''
      return Object.hasOwn(recipe.models, architecture) ? recipe.models[architecture] : undefined
    }
    if (hasWeights(recipe, name)) return recipe.models[name]
    const distill = Object.hasOwn(recipe.distill, name) ? recipe.distill[name] : undefined
    if (distill === undefined) return undefined
    name = splitReference(distill.model).name
  }
  return undefined
}
