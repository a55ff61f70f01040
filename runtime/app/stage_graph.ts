/** The compiled steps of a stage that runs a model, as text. */
import { availableParallelism } from 'node:os'
import type { Outline, OutlinedStage } from '../../dsl/compile/plan.ts'
import type { Engine } from '../engine/mod.ts'
import { engineNameOf } from '../kinds/context.ts'
import type { ModelConfig } from '../model/network.ts'
import { RequestFault } from './faults.ts'
import { loadOutline, type RecipeOptions, unknownStage } from './recipe.ts'

/** A compiled step. */
export interface StageGraph {
  /** Name of the step, with the size of its batch. */
  readonly title: string
  /** The nodes of its graphs: type, operator, operands and attributes, one a line. */
  readonly text: string
}

/** Options of {@link stageGraphs}. */
export interface StageGraphOptions extends RecipeOptions {
  /** Engine that the steps are compiled for. @default the recipe's */
  readonly engine?: string | undefined
}

/**
 * Compiles the steps of a stage that runs a model, by its sizes alone: no data is read, and nothing runs. A tokenizer that
 * finds fewer tokens than the recipe asks for makes the table of tokens smaller in a run.
 *
 * Rejects with a {@link RequestFault} where the stage runs no model.
 */
export async function stageGraphs(
  file: string,
  name: string,
  options: StageGraphOptions = {},
): Promise<readonly StageGraph[]> {
  const { plan } = await loadOutline(file, options)
  const stage = plan.stages.find(({ id }) => id === name)
  if (stage === undefined) throw unknownStage(plan, name)
  const { findInspection } = await import('../kinds/registry.ts')
  const { steps } = await findInspection(stage.kind)
  const config = steps && (await modelOf(stage, plan))
  if (steps === undefined || config === undefined) throw noModel(stage, plan)
  const engine = await engineFor(options.engine ?? plan.engine, stage)
  const compiled = await steps({ ...stage, config })
  return compiled.map(({ title, print }) => ({ title: `${title}, on ${engine.name}`, text: print(engine) }))
}

/** Roles of inputs that are models. */
const modelRoles = ['init', 'model']

/** The configuration of the model that a stage makes or takes: its own, else that of its input. */
async function modelOf(stage: OutlinedStage, plan: Outline): Promise<ModelConfig | undefined> {
  const { findInspection } = await import('../kinds/registry.ts')
  const { configOf } = await findInspection(stage.kind)
  const own = configOf?.(stage.params)
  if (own !== undefined) return own
  for (const role of modelRoles) {
    const input = plan.stages.find(({ id }) => id === stage.inputs[role]?.stage)
    const found = input && (await modelOf(input, plan))
    if (found !== undefined) return found
  }
  return undefined
}

function noModel({ id }: OutlinedStage, { stages }: Outline): RequestFault {
  const others = stages.filter(({ estimates }) => estimates !== undefined).map(stage => stage.id)
  return new RequestFault(`'${id}' compiles no step`, {
    hint: others.length === 0 ? 'no stage of this recipe runs a model' : `stages that do are ${others.join(', ')}`,
  })
}

/** The engine that steps are compiled for. Except for the choice that 'auto' stands for, it may be absent here. */
async function engineFor(asked: string, { settings }: OutlinedStage): Promise<Engine> {
  const name = engineNameOf({ engine: asked })
  const threads = typeof settings.threads === 'number' ? settings.threads : availableParallelism()
  if (name === 'cpu' || name === 'webgpu' || name === 'cuda') return { name, provider: name, threads }
  const { chooseEngine } = await import('../engine/mod.ts')
  return chooseEngine(name, threads)
}
