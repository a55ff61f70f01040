/** The contract of the kinds of each section: everything that the language knows of an entry. */
import type { ModelCost } from '../cost/model_cost.ts'
import type { TowerSizes } from '../cost/transformer.ts'
import type { Code, Fix } from '../diagnostics/diagnostic.ts'
import type { ValuePath } from '../values/located.ts'
import type { NamedPath } from '../values/named_path.ts'
import type { Draft, Expanding } from './draft.ts'
import type { FilledMammutModel, FilledRecipe } from './filled.ts'
import type { Input, StageDefinition } from './stage.ts'

/** The kind of number that a metric is. */
export type Unit = 'percent' | 'share' | 'points' | 'count' | 'times chance' | 'nats' | 'words' | 'tokens' | 'number'

/** A metric of a stage. */
export interface Metric {
  readonly name: string
  readonly unit: Unit
  /** Set where not every run has it: the condition, such as `with human labels`. */
  readonly when?: string
}

/** The metrics of one stage of an entry. */
export interface StageMetrics {
  /** Identity of the stage in the plan. */
  readonly stage: string
  readonly kind: string
  readonly metrics: readonly Metric[]
}

/** Metrics of one unit. */
export const metricsIn = (unit: Unit, names: readonly string[], when?: string): readonly Metric[] =>
  names.map(name => ({ name, unit, ...(when === undefined ? {} : { when }) }))

/** A fault of an entry, at a path that starts from the entry. */
export interface Finding {
  readonly code: Code
  readonly at: ValuePath
  readonly message: string
  readonly fix?: Fix
}

/** A field that nothing reads, given the other fields of the entry. */
export interface UnusedField {
  readonly at: ValuePath
  /** A field that would make it used, as it would be written. */
  readonly without: string
}

/** A thing that an entry names; `isKey` where the name is a key of a mapping, not a value. */
export interface NamedEntry {
  readonly at: ValuePath
  readonly text: string
  readonly isKey?: boolean
  /** True for a dataset that is only measured on, so that the whole of it is read where no split is named. */
  readonly isMeasured?: boolean
}

/** Texts that a model reads: prompts and templates. */
export interface PromptText {
  readonly at: ValuePath
  readonly text: string
  /** The published set that it belongs to; absent: it is the recipe's own. */
  readonly set?: string
}

/** Properties of models that some uses need. */
export type Ability = 'captions' | 'maps'

/** Things that a source may provide for its samples. */
export interface Provided {
  /** Splits that are not empty; empty where the source has none. Where files say the splits, it may have all three. */
  readonly splits: readonly string[]
  /** Names of masks; absent where only the data says which there are. */
  readonly masks?: readonly string[]
  /** Annotations that no sample has, each with the edit that would bring it. */
  readonly lacks: { readonly [annotation in Annotation]?: string }
}

/** A part of a sample beside its image. */
export type Annotation = 'captions' | 'labels' | 'human labels'

/** An annotation or a mask that an entry needs of a dataset; `at` is the place in the entry that asks for it. */
export type DataNeed = { readonly at: ValuePath; readonly dataset: string } & (
  | { readonly annotation: Annotation }
  | { readonly mask: string }
)

/** An entry of a section, defaults filled in. */
export type Entry<Section extends 'sources' | 'filters' | 'models' | 'train' | 'distill' | 'evaluate' | 'claims'> =
  FilledRecipe[Section][string]

/** The definition of the entries of one kind, or of a section without kinds. */
export interface EntryDefinition<Filled> {
  /** Every kind of stage that entries expand into. */
  readonly stages: readonly StageDefinition[]
  metrics(name: string, entry: Filled): readonly StageMetrics[]
  /** Numbers that do not fit each other; `model` is the architecture behind the entry's model, where it has one. */
  check?(entry: Filled, model?: Entry<'models'>): readonly Finding[]
  unusedFields?(entry: Filled): readonly UnusedField[]
  /** Annotations and masks that it needs of datasets. */
  dataNeeds?(entry: Filled): readonly DataNeed[]
}

interface KindDefinition<Kind extends string, Filled> extends EntryDefinition<Filled> {
  readonly kind: Kind
}

/** A kind of source. */
export interface SourceDefinition<Kind extends string = string, Filled = Entry<'sources'>>
  extends KindDefinition<Kind, Filled> {
  /** Set where anybody may have written the data, so that it may hold images of evaluation sets. */
  readonly isCrawled?: true
  provides(source: Filled): Provided
  /** Files and folders that the entry names. */
  paths(source: Filled): readonly NamedPath[]
  /** Folder whose sub-folders are splits; undefined where splits come from elsewhere. */
  splitFolder?(source: Filled): string | undefined
  /** The files that images are made from; absent for sources that make their images. */
  material?(source: Filled): Material
  expand(name: string, source: Filled, expanding: Expanding): readonly Draft[]
}

/** The files that a source is made of. */
export interface Material {
  readonly files: readonly string[]
  /** Values that decide how the files are split: where they are equal, equal files are split alike. */
  readonly split: readonly unknown[]
}

/** A kind of filter; every filter reads a dataset `from`, or several. */
export interface FilterDefinition<Kind extends string = string, Filled = Entry<'filters'>>
  extends KindDefinition<Kind, Filled> {
  /** Datasets that it reads beside `from`. */
  references?(filter: Filled): readonly NamedEntry[]
  /** Datasets whose images it drops, and the field that names them. */
  readonly decontaminates?: { readonly field: string; datasets(filter: Filled): readonly string[] }
  /** Set where it keeps all samples of all datasets that it reads. */
  readonly isUnion?: true
  expand(name: string, filter: Filled, expanding: FilterExpanding): readonly Draft[]
}

/** The context of a filter. */
export interface FilterExpanding extends Expanding {
  dataset(reference: string): Input
}

/** A kind of model. */
export interface ModelDefinition<Kind extends string = string, Filled = Entry<'models'>>
  extends KindDefinition<Kind, Filled> {
  /** Set where the model comes with weights, so that it is a trained model, too. */
  readonly hasWeights?: true
  /** Abilities that it lacks, each with the reason, as it follows `NAME is`. */
  readonly lacks: { readonly [ability in Ability]?: string }
  /** The field that names a size, and the dimensions of each size. */
  readonly sizes: NamedSizes
  /** Fields that name files. */
  paths(model: Filled): readonly NamedPath[]
  /** Datasets that it reads. */
  references(model: Filled): readonly NamedEntry[]
  checkFiles?(model: Filled): readonly Finding[]
  cost(model: Filled): ModelCost
  expand(name: string, model: Filled, expanding: ModelExpanding): readonly Draft[]
  /** Parameters and inputs that a training run of it begins with. */
  start(name: string, model: Filled): TrainingStart
}

/** Dimensions by the name of a size. */
export interface NamedSizes {
  readonly field: string
  readonly preset: string
  readonly dimensions: { readonly [name: string]: Dimensions }
}

/** Dimensions that a size gives; each field may be written in its place. */
export interface Dimensions {
  readonly image_size: number
  readonly patch_size: number
  readonly vision: TowerSizes
  readonly text: TowerSizes & { readonly context_length: number }
  readonly embed_dim: number
}

/** The context of a model. */
export interface ModelExpanding extends Expanding {
  /** A dataset as training reads it: the split that is named, else `train` where there are splits. */
  training(reference: string): Input
}

/** Parameters and inputs that a training run begins with. */
export interface TrainingStart {
  /** The architecture to initialise, or the kind of a model that comes with weights. */
  readonly model: InitialisedModel | { readonly kind: string }
  /** The tokenizer of a new model, or the model that comes with one and with weights. */
  readonly inputs:
    | { readonly tokenizer: Input; readonly init?: never }
    | { readonly init: Input; readonly tokenizer?: never }
}

/** The architecture of a model that training initialises. */
export type InitialisedModel = Pick<
  FilledMammutModel,
  'image_size' | 'patch_size' | 'vision' | 'text' | 'embed_dim'
> & {
  readonly vocab_size: number
}

/** A section whose entries train a model. */
export interface TrainingDefinition<Filled, Context = TrainingExpanding> extends EntryDefinition<Filled> {
  /** Abilities of the model that it starts from, which it needs. */
  readonly needs?: readonly Ability[]
  /** Datasets that it reads. */
  references(entry: Filled): readonly NamedEntry[]
  prompts?(entry: Filled): readonly PromptText[]
  expand(name: string, entry: Filled, expanding: Context): readonly Draft[]
}

/** The context of a training run. */
export interface TrainingExpanding extends ModelExpanding {
  dataset(reference: string): Input
  /** Parameters and inputs that training of an architecture begins with. */
  start(architecture: string): TrainingStart
  /** Absent where the architecture is unknown. */
  readonly cost: ModelCost | undefined
}

/** The context of rounds of self-distillation. */
export interface DistillExpanding extends Expanding {
  /** The model where the first round starts. */
  readonly model: Input
  /** The images that are labelled and trained on. */
  readonly data: Input
  readonly cost: ModelCost | undefined
}

/** A kind of evaluation; every evaluation measures a `model` on `data`. */
export interface EvaluationDefinition<Kind extends string = string, Filled = Entry<'evaluate'>>
  extends KindDefinition<Kind, Filled> {
  /** Abilities of the model that it needs. */
  readonly needs?: readonly Ability[]
  /** Datasets that it learns from, which it may not measure on. */
  learnsFrom?(evaluation: Filled): readonly NamedEntry[]
  prompts?(evaluation: Filled): readonly PromptText[]
  expand(name: string, evaluation: Filled, expanding: EvaluationExpanding): readonly Draft[]
}

/** The context of an evaluation. */
export interface EvaluationExpanding extends ModelExpanding {
  readonly model: Input
  readonly data: Input
  /** The training split of the dataset that is measured on; absent where it has none. */
  readonly trainingPart: Input | undefined
  readonly cost: ModelCost | undefined
}

/** A kind of captioner. */
export interface CaptionerDefinition<Kind extends string = string> {
  readonly kind: Kind
}
