/** A sample: one image with its captions, and optionally label, masks, geometry, provenance. */

/** A sample as the index of a dataset holds it; images and masks stay in the shards. */
export interface Sample {
  /** Unique in its dataset; the stem of its files inside the shards (no dot). */
  readonly key: string
  /** `train`, `val`, `test`, or empty where nothing was split. */
  readonly split: string
  readonly captions: readonly string[]
  /** Class name, or empty. */
  readonly label: string
  /** The landmark or file that a sample comes from; samples of one group belong to one split. */
  readonly group: string
  /** Centre, degrees east and north. */
  readonly lon?: number
  readonly lat?: number
  /** Width of the footprint on the ground in kilometres. */
  readonly groundKm?: number
  /** Label of an overhead view, by people or by construction: does it show one? */
  readonly overhead?: boolean
  /** Names of masks in the shards: `water` is the file `KEY.water.png` (0 or 255). */
  readonly masks: readonly string[]
  /** Measured facts: water share, relief, names inside the footprint, how a crawled image came to be. */
  readonly facts: { readonly [name: string]: string | number | readonly string[] }
}

/** A sample with its encoded image and masks. */
export interface SampleFiles extends Sample {
  /** JPEG or PNG bytes. */
  readonly image: Uint8Array
  /** PNG bytes by mask name. */
  readonly maskFiles: { readonly [name: string]: Uint8Array }
}
