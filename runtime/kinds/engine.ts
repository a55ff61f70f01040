/** The engine of a stage. */
import { availableParallelism } from 'node:os'
import { chooseEngine, type Engine } from '../engine/mod.ts'
import { engineNameOf, type StageSurroundings } from './context.ts'

interface ThreadSettings {
  readonly settings: { readonly threads?: number }
}

/** Threads of a stage that computes on the processor whatever the engine: as many as the recipe pins, or one for each core. */
export const threadsOf = ({ settings }: ThreadSettings): number => settings.threads ?? availableParallelism()

/** The engine that the run asks for, with as many threads as the recipe pins, or one for each core. */
export const engineOf = (context: Pick<StageSurroundings, 'engine'> & ThreadSettings): Promise<Engine> =>
  chooseEngine(engineNameOf(context), threadsOf(context))
