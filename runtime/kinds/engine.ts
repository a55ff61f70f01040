/** The engine of a stage. */
import { chooseEngine, type Engine } from '../engine/mod.ts'
import { engineNameOf, type StageSurroundings } from './context.ts'

/** The engine that the run asks for, with as many threads as the recipe pins, or one for each core. */
export const engineOf = (
  context: Pick<StageSurroundings, 'engine'> & { readonly settings: { readonly threads?: number } },
): Promise<Engine> => chooseEngine(engineNameOf(context), context.settings.threads)
