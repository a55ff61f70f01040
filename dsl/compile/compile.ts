/** From a checked recipe to a plan. */
import { resolve } from 'node:path'
import { splitMetric } from '../check/metrics.ts'
import { UserFault } from '../diagnostics/faults.ts'
import type { Draft } from '../kinds/draft.ts'
import type { FilledRecipe } from '../kinds/filled.ts'
import { leavesProject, outsideProject } from '../values/project.ts'
import type { Environment } from './environment.ts'
import { expandData, expandModels, haveSameData } from './expand.ts'
import { type KeyParts, stageKey } from './keys.ts'
import type { LoadedRecipe } from './load.ts'
import {
  type External,
  type Outline,
  type OutlinedExternal,
  type OutlinedStage,
  type Plan,
  type PlannedClaim,
  wholePlan,
} from './plan.ts'
import { type CompiledVariant, joinVariants, type KeyedStage } from './variants.ts'

/** Compiles a recipe that has no errors. Throws where the environment lacks a file. */
export function compile(loaded: LoadedRecipe, environment: Environment): Plan {
  const outlined = outline(loaded, environment)
  const plan = wholePlan(outlined)
  if (plan !== undefined) return plan
  const [file] = outlined.stages.flatMap(({ absent = [] }) => absent)
  throw new UserFault(`'${file}' is not here; the recipe says that its data lies elsewhere`)
}

/**
 * Compiles a recipe that has no errors as far as its files are here: if it says that its data is elsewhere, or if it is
 * only compared, stages that need what is missing have no key. Throws where the environment lacks any other file.
 */
export function outline({ folder, variants }: LoadedRecipe, environment: Environment): Outline {
  const [first] = variants
  if (first === undefined) throw new UserFault('A recipe with errors has no plan', { hint: 'check it first' })
  const remembered: Environment = {
    ...environment,
    ...(environment.stamp && { stamp: remember(environment.stamp) }),
    digest: remember(environment.digest),
    resolvePackageFile: remember(environment.resolvePackageFile),
  }
  const leaves = remember((path: string) => leavesProject(path, folder))
  const finishingOf = (recipe: FilledRecipe): Finishing => ({ recipe, folder, environment: remembered, leaves })
  const data = finish(expandData(first.recipe), finishingOf(first.recipe))
  const compiled = variants.map((variant): CompiledVariant => {
    const { recipe } = variant
    const finishing = finishingOf(recipe)
    const before = haveSameData(recipe, first.recipe) ? data : finish(expandData(recipe), finishing)
    const stages = [...before, ...finish(expandModels(recipe), finishing, before)]
    return { variant, stages, claims: plannedClaims(recipe) }
  })
  const { name, description, engine } = first.recipe
  const { stages, claims } = joinVariants(compiled)
  return { name, description, engine, stages: stages.map(withoutUnknownKey), claims }
}

/** Removes a key that only identifies a stage whose real key is unknown. */
function withoutUnknownKey({ key, ...stage }: KeyedStage): OutlinedStage {
  return stage.absent === undefined ? { ...stage, key } : stage
}

/** The facts that give a draft its key. */
interface Finishing {
  readonly recipe: FilledRecipe
  readonly folder: string
  readonly environment: Environment
  /** Tests if an absolute path leads out of the project. */
  readonly leaves: (path: string) => boolean
}

/** Gives stages their keys. Their inputs are in `before`, or earlier in `drafts`. */
function finish(
  drafts: readonly Draft[],
  finishing: Finishing,
  before: readonly KeyedStage[] = [],
): readonly KeyedStage[] {
  const known = new Map(before.map(stage => [stage.id, stage]))
  return drafts.map(draft => {
    const stage = withEstimates(finishOne(draft, finishing, known), draft)
    known.set(stage.id, stage)
    return stage
  })
}

/** A stage that runs a model has the costs of its definition; it needs at least the memory that these say. */
function withEstimates(stage: KeyedStage, { estimates: estimate }: Draft): KeyedStage {
  const estimates = estimate()
  if (estimates === undefined) return stage
  return {
    ...stage,
    estimates,
    needs: { ...stage.needs, memory: Math.max(stage.needs.memory, estimates.memory.total) },
  }
}

function finishOne(
  draft: Draft,
  { recipe, folder, environment, leaves }: Finishing,
  known: ReadonlyMap<string, KeyedStage>,
): KeyedStage {
  const { id, definition, params, inputs, path } = draft
  const { kind, version } = definition
  const ofRecipe = listed(draft.files).map(([role, file]) => ownFile(file, { role, folder, environment, recipe }))
  const ofPackages = Object.entries(draft.packages).map(([role, file]) => packageFile(file, role, environment))
  const externals = [...ofRecipe, ...ofPackages]
  const needs = definition.needs(draft.settings)
  const { threads } = recipe.resources
  const takesThreads = needs.slots > 0 || needs.cores !== undefined
  const pinned = takesThreads && threads !== undefined ? { threads } : {}
  const settings = { ...draft.settings, ...pinned }
  const parts = { id, kind, params, settings, inputs, path, version, externals }
  const before = (stage: string): KeyedStage => {
    const found = known.get(stage)
    if (found === undefined) throw new Error(`'${draft.id}' comes before its input '${stage}'`)
    return found
  }
  const absent = new Set([
    ...externals.flatMap(({ name, sha256 }) => (sha256 === undefined ? [name] : [])),
    ...Object.values(inputs).flatMap(({ stage }) => before(stage).absent ?? []),
  ])
  const keyOf = (own: KeyParts['params']): string => stageKey({ ...parts, params: own }, stage => before(stage).key)
  // Links of what is not here lead nowhere.
  const read = ofRecipe.flatMap(({ path, sha256 }) => {
    const isLeaving = sha256 === undefined ? outsideProject([path], folder).length > 0 : leaves(path)
    return isLeaving ? [path] : []
  })
  const absolute = (file: string): string => resolve(folder, file)
  return {
    ...parts,
    files: {
      ...mapped(draft.files, file => (typeof file === 'string' ? absolute(file) : file.map(absolute))),
      ...Object.fromEntries(ofPackages.map(({ role, path }) => [role, path])),
    },
    needs: pinned.threads === undefined ? needs : { ...needs, cores: pinned.threads },
    ...(read.length > 0 && { permissions: { net: [], env: [], run: [], read } }),
    ...(absent.size > 0 && { absent: [...absent] }),
    ...(draft.part && { part: { ...draft.part, family: keyOf({ ...params, part: { of: draft.part.count } }) } }),
    key: keyOf(params),
  }
}

/** Every file of a draft by its role; those of a list are `ROLE.0`, `ROLE.1` ... */
const listed = (files: Draft['files']): readonly (readonly [role: string, file: string])[] =>
  Object.entries(files).flatMap(([role, file]) =>
    typeof file === 'string' ? [[role, file] as const] : file.map((one, index) => [`${role}.${index}`, one] as const),
  )

const mapped = <A, B>(fields: { readonly [name: string]: A }, map: (value: A) => B): { readonly [name: string]: B } =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, map(value)]))

function ownFile(
  name: string,
  { role, folder, environment, recipe }: Omit<Finishing, 'leaves'> & { readonly role: string },
): OutlinedExternal {
  const path = resolve(folder, name)
  const stamp = environment.stamp?.(path)
  const isMissing = environment.stamp !== undefined && stamp === undefined
  const sha256 = isMissing ? undefined : environment.digest(path)
  if (sha256 !== undefined) return { role, name, path, sha256, ...(stamp && { stamp }) }
  if (recipe.resources.elsewhere || environment.mayLackFiles) return { role, name, path }
  throw new UserFault(`There is no '${name}' beside the recipe`)
}

/** An external whose name holds the version: `three-globe@2.45.2/example/img/earth-water.png`. */
function packageFile(
  file: string,
  role: string,
  { resolvePackageFile, digest, stamp: stampOf }: Environment,
): External {
  const { path, version } = resolvePackageFile(file)
  const [, packageName = file, rest = ''] = /^((?:@[^/]+\/)?[^/]+)(.*)$/.exec(file) ?? []
  const stamp = stampOf?.(path)
  const sha256 = digest(path)
  if (sha256 === undefined)
    throw new UserFault(`The package '${packageName}' has no file '${path}'`, { hint: 'run npm ci' })
  return {
    role,
    name: `${packageName}@${version}${rest}`,
    isOfPackage: true,
    path,
    sha256,
    ...(stamp && { stamp }),
  }
}

function plannedClaims(recipe: FilledRecipe): readonly PlannedClaim[] {
  return Object.entries(recipe.claims).map(([name, claim]) => {
    return {
      name,
      ...splitMetric(claim.metric),
      ...(claim.over !== undefined && { over: splitMetric(claim.over) }),
      ...(claim.expect !== undefined && { expect: claim.expect }),
      ...(claim.at_least !== undefined && { atLeast: claim.at_least }),
      ...(claim.at_most !== undefined && { atMost: claim.at_most }),
      tolerance: claim.tolerance,
      origin: claim.origin,
    }
  })
}

/** Asks once for each name: every variant reads the same files. */
function remember<Fact>(ask: (name: string) => Fact): (name: string) => Fact {
  const known = new Map<string, Fact>()
  return name => {
    const found = known.get(name) ?? ask(name)
    known.set(name, found)
    return found
  }
}
