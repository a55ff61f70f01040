/** The costs of a model as one record of formulas, whatever its kind. */

/** Concepts to localise: how many there are, and their texts. */
export interface Concepts {
  readonly count: number
  readonly prompts: number
  readonly against: number
}

/** The shape of a training step. */
export interface StepShape {
  readonly batch: number
  /** True if the captioning pass runs. */
  readonly captions: boolean
  /** Concepts of the region loss; absent: there is none. */
  readonly concepts?: Concepts
  /** True if blocks are computed again for their gradients. @default false */
  readonly recompute?: boolean
}

/** Costs of a model, in numbers and floating-point operations. */
export interface ModelCost {
  readonly parameters: number
  /** Side of the grid of patches. @unit patches */
  readonly gridSide: number
  /** Of a training step. */
  readonly trainFlops: (shape: StepShape) => number
  readonly trainActivations: (shape: StepShape) => number
  /** Of a batch of images. */
  readonly embedFlops: (batch: number) => number
  readonly forwardActivations: (batch: number) => number
  /** Of a batch of texts. */
  readonly textFlops: (batch: number) => number
  readonly textActivations: (batch: number) => number
  /** Absent: the model makes no heatmaps. */
  readonly heatmapFlops?: (shape: HeatmapShape) => number
}

/** A batch of heatmaps. */
export interface HeatmapShape {
  readonly batch: number
  readonly concepts: Concepts
  /** Windows of the Smooth-Attention-Operation; absent for single patches. */
  readonly windows?: number
}
