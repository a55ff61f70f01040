/** Splits as files and folders spell them. */

/** The splits of datasets. */
export type SplitName = 'train' | 'val' | 'test'

/** Names of each split. `restval` are the images that Karpathy's splits of COCO add to training. */
export const splitNames: { readonly [split in SplitName]: readonly string[] } = {
  train: ['train', 'training', 'restval'],
  val: ['val', 'valid', 'validation', 'dev'],
  test: ['test', 'testing'],
}

/** The split that a word names, in whatever case; undefined where it is none. */
export function splitNamed(word: string): SplitName | undefined {
  const name = word.trim().toLowerCase()
  return (['train', 'val', 'test'] as const).find(split => splitNames[split].includes(name))
}
