/** What models of every kind cost: one record of formulas, so that estimates do not ask which kind they are of. */
import type { Entry } from '../check/filled.ts'
import {
  type Concepts,
  embedFlops,
  forwardActivations,
  heatmapFlops,
  parametersOf,
  type StepShape,
  trainActivations,
  trainFlops,
} from './mammut.ts'
import {
  openClipEmbedFlops,
  openClipForwardActivations,
  openClipParameters,
  openClipTrainActivations,
  openClipTrainFlops,
} from './openclip.ts'

/** Costs of a model, in numbers and floating-point operations. */
export interface ModelCost {
  readonly parameters: number
  /** Of a training step. */
  readonly trainFlops: (shape: StepShape) => number
  readonly trainActivations: (shape: StepShape) => number
  /** Of a batch of images. */
  readonly embedFlops: (batch: number) => number
  readonly forwardActivations: (batch: number) => number
  /** Absent: the model makes no heatmaps. */
  readonly heatmapFlops?: (shape: HeatmapShape) => number
}

/** What heatmaps are made of. */
export interface HeatmapShape {
  readonly batch: number
  readonly concepts: Concepts
  /** Windows of the Smooth-Attention-Operation; absent for single patches. */
  readonly windows?: number
}

/** The costs of an architecture. */
export function modelCost(model: Entry<'models'>): ModelCost {
  switch (model.kind) {
    case 'mammut':
      return {
        parameters: parametersOf(model),
        trainFlops: shape => trainFlops(model, shape),
        trainActivations: shape => trainActivations(model, shape),
        embedFlops: batch => embedFlops(model, batch),
        forwardActivations: batch => forwardActivations(model, batch),
        heatmapFlops: shape => heatmapFlops(model, shape),
      }
    case 'openclip':
      return {
        parameters: openClipParameters(model),
        trainFlops: ({ batch }) => openClipTrainFlops(model, batch),
        trainActivations: shape => openClipTrainActivations(model, shape),
        embedFlops: batch => openClipEmbedFlops(model, batch),
        forwardActivations: batch => openClipForwardActivations(model, batch),
      }
  }
}
