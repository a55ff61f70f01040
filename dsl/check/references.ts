/** Checks that every reference names something that exists and is of the right kind. */

import { type Diagnostic, diagnose, replaceWith } from '../diagnostics/diagnostic.ts'
import { suggest } from '../diagnostics/suggest.ts'
import type { FilledRecipe } from '../kinds/filled.ts'
import type { Span } from '../values/located.ts'
import type { Section } from '../values/sections.ts'
import { type Origin, originsOf, splitsOf, trainingSplit } from './datasets.ts'
import { createDependence } from './fault_places.ts'
import {
  type Checked,
  hasWeights,
  keyAt,
  type Reference,
  references,
  sectionsByName,
  sectionsOf,
  spanAt,
  splitReference,
  type Wanted,
} from './names.ts'

const nouns: { readonly [section in Section]: string } = {
  sources: 'a dataset',
  filters: 'a dataset',
  models: 'an architecture',
  train: 'a trained model',
  distill: 'a trained model',
  evaluate: 'an evaluation',
  claims: 'a claim',
}

/** One diagnostic for each invalid reference. */
export function checkReferences(checked: Checked): readonly Diagnostic[] {
  const { recipe, gaps } = checked
  const owners = sectionsByName(recipe)
  const isBroken = gaps && createDependence(recipe, gaps.broken)
  const lost = new Set([...(gaps?.lost ?? [])].map(letters))
  const isLost = (name: string): boolean => lost.has(letters(name))
  return references(recipe).flatMap(reference => {
    const { name } = splitReference(reference.text)
    if (isLost(name)) return []
    const found = checkReference(checked, owners, reference)
    // Of an entry that lacks something, the parts are not known.
    return isBroken?.(name) ? found.filter(({ code }) => code === 'wrong-kind') : found
  })
}

/** A name by its letters and digits: `Over Head`, which is none, may be what `over_head` and `overhead` stand for. */
const letters = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]/g, '')

function checkReference(
  checked: Checked,
  owners: ReadonlyMap<string, Section>,
  { text, wants, path, isKey, isLearnt = false }: Reference,
): readonly Diagnostic[] {
  const { recipe } = checked
  const { name, part } = splitReference(text)
  const section = owners.get(name)
  const isRight = section !== undefined && isWanted(recipe, name, { wants, section })
  // What is learnt from is a training split, named or not.
  const unnamed = part === undefined && isRight && isLearnt ? trainingSplit(recipe, text) : undefined
  if (part === undefined && isRight && (unnamed === undefined || splitsOf(recipe, name).includes(unnamed))) return []
  const span = isKey ? keyAt(checked, path) : spanAt(checked, path)
  if (unnamed !== undefined) return checkSplit(recipe, { name, part: unnamed, span })
  const candidates = [...owners]
    .filter(([candidate, owner]) => isWanted(recipe, candidate, { wants, section: owner }))
    .map(([candidate]) => candidate)
  // A value of a TypeScript recipe without a name was told where it is made.
  if (name === '') return []
  if (section === undefined) return [unknownName({ text, name, part, span, wants, candidates })]
  if (!isRight) return [wrongKind(recipe, { text, name, span, wants, section, candidates })]
  if (part === undefined) return []
  switch (section) {
    case 'sources':
    case 'filters':
      return checkSplit(recipe, { name, part, span })
    case 'train':
      return checkPhase(recipe, { name, part, span })
    case 'distill':
      return checkRound(recipe, { name, part, span })
    default:
      return [
        diagnose('unknown-reference', span, {
          message: `'${name}' is ${nouns[section]} and has no parts`,
          ...replaceWith(span, name),
        }),
      ]
  }
}

/** True if an entry is of the class that is wanted: by its section, or as a model that comes with weights. */
const isWanted = (
  recipe: FilledRecipe,
  name: string,
  { wants, section }: { readonly wants: Wanted; readonly section: Section },
): boolean => sectionsOf[wants].includes(section) || (wants === 'trained model' && hasWeights(recipe, name))

interface NamedReference {
  readonly name: string
  readonly span: Span
}

function unknownName(
  reference: NamedReference & {
    readonly text: string
    readonly part: string | undefined
    readonly wants: Wanted
    readonly candidates: readonly string[]
  },
): Diagnostic {
  const { text, name, part, span, wants, candidates } = reference
  const near = suggest(name, candidates) ?? suggest(text, candidates)
  const whole = near !== undefined && part !== undefined && suggest(name, [near]) ? `${near}.${part}` : near
  return diagnose('unknown-reference', span, {
    message: `There is no ${wants} '${name}'`,
    ...replaceWith(span, whole, { otherwise: choices(wants, candidates) }),
  })
}

const choices = (wants: Wanted, candidates: readonly string[]): string =>
  candidates.length > 0
    ? `write one of ${candidates.join(', ')}`
    : `add one under '${sectionsOf[wants].join("' or '")}'`

function wrongKind(
  recipe: FilledRecipe,
  reference: NamedReference & {
    readonly text: string
    readonly wants: Wanted
    readonly section: Section
    readonly candidates: readonly string[]
  },
): Diagnostic {
  const { name, span, wants, section, candidates } = reference
  const article = wants === 'architecture' ? 'an' : 'a'
  const trainedFrom = Object.entries(recipe.train).find(
    ([, { model }]) => wants === 'trained model' && model === name,
  )?.[0]
  const trains = wants === 'architecture' && section === 'train' ? recipe.train[name]?.model : undefined
  const meant = trainedFrom ?? trains ?? suggest(name, candidates)
  return diagnose('wrong-kind', span, {
    message: `'${name}' is ${nouns[section]}; ${article} ${wants} belongs here`,
    expected: `${article} ${wants}`,
    actual: nouns[section],
    ...replaceWith(span, meant, { otherwise: choices(wants, candidates) }),
  })
}

interface PartReference extends NamedReference {
  readonly part: string
}

function checkSplit(recipe: FilledRecipe, { name, part, span }: PartReference): readonly Diagnostic[] {
  const splits = splitsOf(recipe, name)
  if (splits.includes(part)) return []
  // A fault of a filter's own reference has its own diagnostic.
  const origins = originsOf(recipe, name)
  const isFaulty = ({ source, split }: Origin) => split !== undefined && !splitsOf(recipe, source).includes(split)
  if (origins.length === 0 || origins.some(isFaulty)) return []
  const near = suggest(part, splits)
  const whole = splits.length === 0 ? name : near && `${name}.${near}`
  const message =
    splits.length === 0
      ? `'${name}' has no splits`
      : ['train', 'val', 'test'].includes(part)
        ? `The split '${part}' of '${name}' is empty: ${part === 'train' ? 'the others hold all of it' : 'its share is 0'}`
        : `'${name}' has no split '${part}'`
  return [
    diagnose('unknown-split', span, {
      message,
      ...replaceWith(span, whole, { otherwise: `splits are ${splits.join(', ')}` }),
    }),
  ]
}

function checkPhase(recipe: FilledRecipe, { name, part, span }: PartReference): readonly Diagnostic[] {
  const phases = recipe.train[name]?.phases.map(phase => phase.name) ?? []
  if (phases.includes(part)) return []
  const near = suggest(part, phases)
  return [
    diagnose('unknown-phase', span, {
      message: `'${name}' has no phase '${part}'`,
      ...replaceWith(span, near && `${name}.${near}`, { otherwise: `phases are ${phases.join(', ')}` }),
    }),
  ]
}

function checkRound(recipe: FilledRecipe, { name, part, span }: PartReference): readonly Diagnostic[] {
  const rounds = recipe.distill[name]?.rounds ?? 0
  if (/^[1-9][0-9]*$/.test(part) && Number(part) <= rounds) return []
  return [
    diagnose('unknown-round', span, {
      message: `'${name}' has no round '${part}'`,
      fix: { hint: rounds === 1 ? `write '${name}.1'` : `rounds are ${name}.1 to ${name}.${rounds}` },
    }),
  ]
}
