/** Scalars with a spelling of their own: quantities, names, references. */

/**
 * A whole number, or one with a suffix: `4000`, `4k`, `1.5M`. @examples ["4k", 4000, "1.5M"]
 * @pattern ^([0-9]+|[0-9]+(\.[0-9]{1,3})?k|[0-9]+(\.[0-9]{1,6})?M|[0-9]+(\.[0-9]{1,9})?G)$ @minimum 0 @multipleOf 1
 */
export type Count = number | `${number}${'' | 'k' | 'M' | 'G'}`

/** A length on the ground: `800km`, `120m`. @examples ["300km", "120m"] @pattern ^[0-9]+(\.[0-9]+)?(km|m)$ */
export type Distance = `${number}${'km' | 'm'}`

/** A time: `90s`, `5m`, `2h`. @examples ["2m", "90s"] @pattern ^[0-9]+(\.[0-9]+)?(s|m|h)$ */
export type Duration = `${number}${'s' | 'm' | 'h'}`

/** An amount of memory: `80GiB`, `512MiB`. @examples ["80GiB", "512MiB"] @pattern ^[0-9]+(\.[0-9]+)?(MiB|GiB|TiB)$ */
export type Bytes = `${number}${'MiB' | 'GiB' | 'TiB'}`

/** A share between 0 and 1. @examples [0.5] @minimum 0 @maximum 1 */
export type Share = number

/** A name that other entries use. @examples ["first"] @pattern ^[a-z][a-z0-9_-]*$ */
export type Name = string

/**
 * A dataset: the name of a source or of a filter, with an optional split: `landmarks`, `landmarks.train`. @examples ["places.train"]
 * @pattern ^[a-z][a-z0-9_-]*(\.(train|val|test))?$
 */
export type DatasetRef = string

/**
 * A trained model: the name of an entry of `train` (its last phase) or `distill` (its last round), or one
 * phase or round of it: `pretrain`, `pretrain.web`, `localise.1`. @examples ["pretrain", "pretrain.web", "localise.1"]
 * @pattern ^[a-z][a-z0-9_-]*(\.[a-z0-9][a-z0-9_-]*)?$
 */
export type ModelRef = string

/** A band of an image, from 1. @minimum 1 @asType integer */
export type Band = number

/** A path relative to the recipe file. @examples ["data/table.geojson"] */
export type Path = string

/** Filter by which a picture is scaled: `nearest`, `linear` (bilinear), `cubic` (Catmull-Rom), `mitchell`, `lanczos2` or `lanczos3`. @source sharp's kernels */
export type ResizeFilter = 'nearest' | 'linear' | 'cubic' | 'mitchell' | 'lanczos2' | 'lanczos3'
