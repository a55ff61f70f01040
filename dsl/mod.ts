// Generated from the registries of dsl/kinds by npm run build
/**
 * Declarations that TypeScript recipes import. A recipe is read from its syntax and never executed, so there is no code
 * here: the declarations complete and check a recipe in the editor.
 *
 * ```ts
 * const photos = folder({ path: 'photos', captions: 'captions.csv' })
 * const small = mammut({ vision, text, tokenizer: bpe({ from: [photos.train] }) })
 * const pretrain = train({ model: small, phases: [{ name: 'first', data: photos.train, samples: '10k', learning_rate: 1e-3 }] })
 * export default recipe({ name: 'mine', sources: { photos }, models: { small }, train: { pretrain } })
 * ```
 */
import type { Architecture, Data, Dataset, Fields, Measurement, Part, Tokenizer, Trained } from './builder_values.ts'
import type * as language from './recipe.ts'

export * from './builder_values.ts'

/** Satellite tiles around map landmarks, with captions about the contents of the footprint. */
export declare function landmarks(spec: Part<language.LandmarkSource>): Dataset

/** Synthetic stand-in for a web crawl: images with alt text that a program draws, overhead views among usual false positives. */
export declare function crawl(spec: Part<language.CrawlSource>): Dataset

/** Images of one's own: a folder with a table of captions, or with a sub-folder for each class. */
export declare function folder(spec: Part<language.FolderSource>): Dataset

/** Captions in the format of Karpathy's splits, RSICD, RSITMD, UCM-Captions and Sydney-Captions: one JSON file of `images`, each with `filename`, `split` and `sentences`, and a folder of images. */
export declare function karpathy(spec: Part<language.KarpathySource>): Dataset

/** WebDataset: tar shards in which files of one sample share a key, the name up to the first dot after its folder. */
export declare function webdataset(spec: Part<language.WebDatasetSource>): Dataset

/** Parquet tables with a row for each image, as img2dataset writes them beside its shards or with images or their paths in a column. */
export declare function parquet(spec: Part<language.ParquetSource>): Dataset

/** Cheap rules on text and image. */
export declare function rules(spec: Fields<language.RulesFilter, { /** The dataset to filter. */ from: Data }>): Dataset

/** Overhead-imagery classifier on image and text, trained inside the recipe on a small labelled part. */
export declare function classifier(spec: Fields<language.ClassifierFilter, { /** The dataset to filter. */ from: Data }>): Dataset

/** Drops all but the first of perceptually equal images. */
export declare function dedup(spec: Fields<language.DedupFilter, { /** The dataset to filter. */ from: Data }>): Dataset

/** Drops images that are perceptually equal to any image of the evaluation sets. */
export declare function decontaminate(spec: Fields<language.DecontaminateFilter, { /** The dataset to filter. */ from: Data; /** Evaluation sets. */ against: readonly Data[] }>): Dataset

/** Joins datasets, or splits of them, into one: nothing is dropped. */
export declare function union(spec: Fields<language.UnionFilter, { /** The datasets, at least two, in their order. */ from: readonly Data[] }>): Dataset

/** MaMMUT: ViT image encoder and one text decoder used in two passes. */
export declare function mammut(spec: Fields<language.MammutModel, { /** Byte-level BPE trained on these captions. */ tokenizer: Tokenizer }>): Architecture

/** CLIP in OpenCLIP's format, with its weights: evaluated as it is, or trained further, contrastively alone. */
export declare function openclip(spec: Part<language.OpenClipModel>): Architecture & Trained

/** Zero-shot image-text retrieval: R@1, R@5, R@10 both ways and their mean. */
export declare function retrieval(spec: Fields<language.RetrievalEvaluation, { /** The trained model that is measured. */ model: Trained; /** Images, captions and masks to measure on: a test split. */ data: Data }>): Measurement

/** Zero-shot classification with prompt templates: top-1, top-5, mean per-class recall. */
export declare function classification(spec: Fields<language.ClassificationEvaluation, { /** The trained model that is measured. */ model: Trained; /** Images, captions and masks to measure on: a test split. */ data: Data }>): Measurement

/** Linear probe: a linear classifier on frozen image features, learnt from labelled images; top-1, top-5, mean per-class recall on others. */
export declare function linearProbe(spec: Fields<language.LinearProbeEvaluation, { /** The trained model that is measured. */ model: Trained; /** Labelled images that the classifier learns from: a training split. */ train: Data; /** Labelled images to measure on: a test split. */ data: Data }>): Measurement

/** Captions written by the model, compared with those of the data: ROUGE-L. */
export declare function captioning(spec: Fields<language.CaptioningEvaluation, { /** The trained model that is measured. */ model: Trained; /** Captioned images to measure on: a test split. */ data: Data }>): Measurement

/** Zero-shot localisation against masks: IoU of each class, mean IoU, pointing-game accuracy. */
export declare function localisation(spec: Fields<language.LocalisationEvaluation, { /** The trained model that is measured. */ model: Trained; /** Images, captions and masks to measure on: a test split. */ data: Data }>): Measurement

/** Captions from measured facts and landmark names by a seeded grammar. */
export declare function grammar(spec: Part<language.GrammarCaptioner>): language.GrammarCaptioner

/** In the tar of the same name beside each table, by the column `key`. */
export declare function tar(spec: Part<language.ImagesInTar>): language.ImagesInTar

/** In the table: their bytes, or a struct with a field `bytes`, as Hugging Face datasets have them. */
export declare function bytes(spec: Part<language.ImagesAsBytes>): language.ImagesAsBytes

/** In a folder, by paths in the table. */
export declare function paths(spec: Part<language.ImagesAsPaths>): language.ImagesAsPaths

/** A tokenizer trained in the recipe, written as a Hugging Face `tokenizer.json`. */
export declare function bpe(spec: Fields<language.TokenizerSpec, { /** Datasets whose captions it learns from. */ from: readonly Data[] }>): Tokenizer

/** Cross-entropy of each image over all texts of the batch, and of each text over all images. */
export declare function softmax(spec: Part<language.SoftmaxContrastive>): language.SoftmaxContrastive

/** Each pair of an image and a text of a batch of b is classified by itself as belonging together or not, and pairs that are classified surely count little: -1/b times the sum over all b x b pairs of (1 - p)^gamma log p, with p = sigmoid(similarity x scale) where image and text belong together and one minus that elsewhere. */
export declare function focal(spec: Part<language.FocalContrastive>): language.FocalContrastive

/** AdamW with decoupled weight decay (Loshchilov and Hutter). */
export declare function adamw(spec: Part<language.AdamW>): language.AdamW

/** Half a cosine. */
export declare function cosine(spec: Part<language.CosineSchedule>): language.CosineSchedule

/** A straight line. */
export declare function linear(spec: Part<language.LinearSchedule>): language.LinearSchedule

/** The peak rate to the end. */
export declare function constant(spec: Part<language.ConstantSchedule>): language.ConstantSchedule

/** The peak rate, then a fall over the last steps: a longer training repeats only the fall. */
export declare function cooldown(spec: Part<language.CooldownSchedule>): language.CooldownSchedule

/** The likeliest token. */
export declare function greedy(spec: Part<language.GreedyDecoding>): language.GreedyDecoding

/** A token drawn from the likeliest that together have a probability of `top_p`, by the recipe's seed. */
export declare function nucleus(spec: Part<language.NucleusDecoding>): language.NucleusDecoding
