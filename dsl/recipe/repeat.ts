/** Repetitions of a training run. */

/** Values of which each is a run of its own. */
export interface Repeat {
  /**
   * Seeds of training: each draws other initial weights and another order of the data, while data, splits and
   * tokenizer stay those of the recipe's seed. @minItems 2 @examples [[1, 2, 3]]
   */
  seed: TrainingSeed[]
}

/** Seed of initial weights and of the order of the data. @minimum 0 @asType integer */
export type TrainingSeed = number
