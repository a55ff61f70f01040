/** Source `crawl`: a synthetic stand-in for a web crawl. */
import type { Count, Path, Share } from '../../recipe/scalars.ts'
import { metricsIn, type SourceDefinition } from '../definition.ts'
import { draft, type Expanding } from '../draft.ts'
import type { FilledCrawlSource } from '../filled.ts'
import { imagery, places } from '../package_files.ts'
import { dataNeeds, defineStage } from '../stage.ts'

/**
 * Synthetic stand-in for a web crawl: images with alt text that a program draws, overhead views among usual false
 * positives. Labels of overhead views come from how a sample is made, not from people.
 * @source Barzilai et al., arXiv 2503.08722: WebLI, from which RS-WebLI is filtered
 */
export interface CrawlSource {
  kind: 'crawl'
  /** Imagery that the true views are cut from. */
  imagery: 'blue-marble'
  /** Samples to make. @default 2000 */
  samples?: Count
  /** Share of true overhead views. @default 0.5 */
  overhead?: Share
  /** Share of the true views whose alt text describes another image. @default 0.1 */
  wrong_text?: Share
  /** Side of a stored image. @default 80 @minimum 16 @maximum 1024 @asType integer @unit pixels */
  tile_size?: number
  /** Landmark table that honest alt texts take names from. */
  table: Path
}

const stage = defineStage({
  kind: 'crawl',
  version: 3,
  needs: dataNeeds,
  spec: ({ kind: _, table, ...rest }: FilledCrawlSource, { seed }: Expanding) => ({
    params: { ...rest, seed },
    files: { table },
    packages: {
      ...imagery,
      night: 'three-globe/example/img/earth-night.jpg',
      dark: 'three-globe/example/img/earth-dark.jpg',
      sky: 'three-globe/example/img/night-sky.png',
      countries: places.countries,
    },
  }),
})

/** The crawl has no splits. */
export const crawl = {
  kind: 'crawl',
  stages: [stage],
  isCrawled: true,
  provides: () => ({ splits: [], masks: [], lacks: { labels: 'measure on a dataset whose images have classes' } }),
  paths: ({ table }) => [{ path: table, at: ['table'], wanted: 'file' }],
  metrics: name => [{ stage: name, kind: stage.kind, metrics: metricsIn('count', ['samples', 'overhead', 'copies']) }],
  expand: (name, source, expanding) => [draft(stage, { id: name, path: ['sources', name] }, source, expanding)],
} as const satisfies SourceDefinition<'crawl', FilledCrawlSource>
