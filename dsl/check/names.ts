/** Names of a recipe: who has them, who uses them. */

import { type Diagnostic, diagnose } from '../diagnostics/diagnostic.ts'
import type { Files } from '../values/files.ts'
import { type LocatedMap, locate, type Span, type ValuePath } from '../values/located.ts'
import { type Section, sections } from '../values/sections.ts'
import type { Entry, FilledRecipe } from './filled.ts'

/** What a checked recipe is: its filled values, and where they were written. */
export interface Checked {
  readonly recipe: FilledRecipe
  readonly tree: LocatedMap
  /** Absolute folder of the recipe file. */
  readonly folder: string
  /** Where the recipe's files are; absent: the disk. */
  readonly files?: Files | undefined
}

/** Where a value was written; for a default, the nearest mapping around it. */
export function spanAt(checked: Checked, path: ValuePath): Span {
  const found = locate(checked.tree, path)
  if (found) return found.value.kind === 'scalar' ? found.value.span : (found.key ?? found.value.span)
  return path.length === 0 ? checked.tree.span : spanAt(checked, path.slice(0, -1))
}

/** Where a key was written. */
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

/** What a reference must name. */
export type Wanted = 'dataset' | 'trained model' | 'architecture'

/** Sections whose entries may stand where something is wanted. */
export const sectionsOf: { readonly [wanted in Wanted]: readonly Section[] } = {
  dataset: ['sources', 'filters'],
  'trained model': ['train', 'distill'],
  architecture: ['models'],
}

/** Whether an architecture comes with weights, so that it is a trained model, too. */
export const hasWeights = (recipe: FilledRecipe, name: string): boolean =>
  Object.hasOwn(recipe.models, name) && recipe.models[name]?.kind === 'openclip'

/** Whether a reference names an entry of the kind that belongs there. */
export function isRightKind({ text, wants }: Reference, owners: ReadonlyMap<string, Section>): boolean {
  const section = owners.get(splitReference(text).name)
  return section !== undefined && sectionsOf[wants].includes(section)
}

/** A place where an entry names another. */
export interface Reference {
  readonly path: ValuePath
  readonly text: string
  readonly wants: Wanted
  /** Whether the name is a key, not a value. */
  readonly isKey?: boolean
}

/** Every reference of a recipe, in its order. */
export function references(recipe: FilledRecipe): readonly Reference[] {
  const found: Reference[] = []
  const add = (wants: Wanted, text: string, path: ValuePath, isKey = false) => found.push({ wants, text, path, isKey })
  for (const [name, filter] of Object.entries(recipe.filters)) {
    add('dataset', filter.from, ['filters', name, 'from'])
    if (filter.kind === 'decontaminate')
      for (const [index, other] of filter.against.entries()) add('dataset', other, ['filters', name, 'against', index])
  }
  for (const [name, model] of Object.entries(recipe.models))
    if (model.kind === 'mammut')
      for (const [index, data] of model.tokenizer.from.entries())
        add('dataset', data, ['models', name, 'tokenizer', 'from', index])
  for (const [name, train] of Object.entries(recipe.train)) {
    add('architecture', train.model, ['train', name, 'model'])
    for (const [index, { data, stop_early }] of train.phases.entries()) {
      const path = ['train', name, 'phases', index, 'data']
      if (typeof data === 'string') add('dataset', data, path)
      else for (const part of Object.keys(data)) add('dataset', part, [...path, part], true)
      if (stop_early) add('dataset', stop_early.data, ['train', name, 'phases', index, 'stop_early', 'data'])
    }
  }
  for (const section of ['distill', 'evaluate'] as const)
    for (const [name, entry] of Object.entries(recipe[section])) {
      add('trained model', entry.model, [section, name, 'model'])
      if ('train' in entry) add('dataset', entry.train, [section, name, 'train'])
      add('dataset', entry.data, [section, name, 'data'])
    }
  return found
}

/** `landmarks.test` -> name `landmarks`, part `test`. */
export function splitReference(text: string): { readonly name: string; readonly part?: string } {
  const dot = text.indexOf('.')
  return dot === -1 ? { name: text } : { name: text.slice(0, dot), part: text.slice(dot + 1) }
}

/** The architecture behind a trained model; undefined where a name is unknown or goes round. */
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
