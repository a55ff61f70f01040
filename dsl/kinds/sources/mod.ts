// biome-ignore-all assist/source/organizeImports: the language lists kinds in this order
/** The kinds of sources, one line each. */
export { landmarks } from './landmarks.ts'
export { crawl } from './crawl.ts'
export { folder } from './folder.ts'
export { karpathy } from './karpathy.ts'
export { webdataset } from './webdataset.ts'
export { parquet } from './parquet.ts'
