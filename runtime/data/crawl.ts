/**
 * A synthetic stand-in for a web crawl: overhead views among what the web mistakes for them, with alt texts honest, vague and wrong.
 *
 * Everything is chosen from the seed before anything is drawn, so a sample can be drawn alone and in any order.
 * The label says whether a picture is an overhead view; `facts` say how a sample was made and are for
 * measuring only: no filter reads them.
 */
import { honestText, misleadingText, vagueText } from './crawl/alt_text.ts'
import type { ImageSize } from './crawl/charts.ts'
import { drawScene } from './crawl/draw.ts'
import { chooseDecoy, chooseView, type Scene } from './crawl/scene.ts'
import { applyTone, chooseImageTone, type ImageTone } from './crawl/tone.ts'
import type { World } from './crawl/world.ts'
import { createRandom, type Random } from './random.ts'
import type { SampleFiles } from './sample.ts'

/** Options of {@link makeCrawl}. */
export interface CrawlOptions {
  readonly samples: number
  /** Share of overhead views. */
  readonly overhead: number
  /** Share of the overhead views whose alt text describes another image. */
  readonly wrongText: number
  /** About the side of an image in pixels; sizes and proportions vary around it. */
  readonly tileSize: number
  readonly seed: number
}

/** Kinds of alt text, by their relation to the picture. */
type TextKind = 'honest' | 'vague' | 'wrong' | 'misleading'

/** A sample before it is drawn. */
interface CrawlDraft {
  readonly key: string
  readonly overhead: boolean
  readonly scene: Scene
  /** Name of the stream that chooses the drawing's style; a copy shares its original's. */
  readonly style: string
  readonly drawn: ImageSize
  readonly tone: ImageTone
  /** Stored size over drawn size. */
  readonly scale: number
  readonly quality: number
  readonly copyOf?: string
}

/** Share of the samples that repeat an earlier one, re-encoded at another size. */
const copies = 0.06

/** Makes the samples of a crawl, in order of their keys. */
export async function* makeCrawl(world: World, options: CrawlOptions): AsyncGenerator<SampleFiles> {
  const drafts = draftSamples(world, options)
  const wrong = wrongTexts(drafts, options)
  const atOnce = 8
  for (let start = 0; start < drafts.length; start += atOnce) {
    const batch = drafts.slice(start, start + atOnce).map(async draft => {
      const random = createRandom(options.seed, `text ${draft.key}`)
      const other = wrong.get(draft)
      const { text, kind } =
        other === undefined
          ? writeText(draft, world, random)
          : { text: honestText(other.scene, world, random), kind: 'wrong' as const }
      return renderDraft(draft, { text, kind, world, seed: options.seed })
    })
    yield* await Promise.all(batch)
  }
}

function draftSamples(world: World, { samples, overhead, tileSize, seed }: CrawlOptions): readonly CrawlDraft[] {
  const views = Math.round(samples * overhead)
  const order = createRandom(seed, 'crawl order').shuffle(Array.from({ length: samples }, (_, i) => i < views))
  const drafts: CrawlDraft[] = []
  for (const [i, isView] of order.entries()) {
    const key = `web-${String(i).padStart(6, '0')}`
    const random = createRandom(seed, key)
    const earlier = drafts.filter(draft => draft.overhead === isView && draft.copyOf === undefined)
    const quality = Math.round(random.between(35, 92))
    if (random.chance(copies) && earlier.length > 0) {
      const original = random.pick(earlier)
      drafts.push({ ...original, key, quality, scale: random.between(0.75, 1.2), copyOf: original.key })
      continue
    }
    const scene = isView ? chooseView(world, random) : chooseDecoy(world, random)
    drafts.push({
      key,
      overhead: isView,
      scene,
      style: key,
      drawn: chooseSize(tileSize, random),
      tone: chooseImageTone(random, { sky: ['view', 'dark', 'globe'].includes(scene.kind) }),
      scale: 1,
      quality,
    })
  }
  return drafts
}

/** Mostly near squares and photo formats; a few strips and thumbnails. */
function chooseSize(tileSize: number, random: Random): ImageSize {
  const aspect = random.chance(0.02) ? random.pick([0.25, 4]) : random.pick([1, 1, 1, 4 / 3, 4 / 3, 1.5, 16 / 9, 0.75])
  const side = tileSize * (random.chance(0.03) ? 0.3 : random.between(0.9, 1.35))
  const [width, height] = [side * Math.sqrt(aspect), side / Math.sqrt(aspect)]
  return { width: Math.max(8, Math.round(width)), height: Math.max(8, Math.round(height)) }
}

/** Overhead views whose text is written for another sample, with that sample. */
function wrongTexts(
  drafts: readonly CrawlDraft[],
  { wrongText, seed }: CrawlOptions,
): ReadonlyMap<CrawlDraft, CrawlDraft> {
  const random = createRandom(seed, 'wrong texts')
  const views = random.shuffle(drafts.filter(draft => draft.overhead))
  const chosen = views.slice(0, Math.round(views.length * wrongText))
  return new Map(
    chosen.flatMap(draft => {
      const others = drafts.filter(other => other.style !== draft.style)
      return others.length === 0 ? [] : [[draft, random.pick(others)] as const]
    }),
  )
}

function writeText(
  { overhead, scene }: CrawlDraft,
  world: World,
  random: Random,
): { readonly text: string; readonly kind: TextKind } {
  const dice = random.next()
  if (dice < 0.25) return { text: vagueText(random), kind: 'vague' }
  if (dice < 0.45 && !overhead) return { text: misleadingText(scene, world, random), kind: 'misleading' }
  return { text: honestText(scene, world, random), kind: 'honest' }
}

interface CrawlText {
  readonly text: string
  readonly kind: TextKind
  readonly world: World
  readonly seed: number
}

async function renderDraft(draft: CrawlDraft, { text, kind, world, seed }: CrawlText): Promise<SampleFiles> {
  const { key, overhead, scene, drawn, tone, scale, quality, copyOf } = draft
  const raster = await drawScene(scene, world, { size: drawn, random: createRandom(seed, `style ${draft.style}`) })
  const size = { width: Math.round(drawn.width * scale), height: Math.round(drawn.height * scale) }
  const image = await applyTone(raster, tone, { size, quality })
  return {
    key,
    split: '',
    captions: [text],
    label: '',
    group: key,
    overhead,
    masks: [],
    facts: { made: scene.kind, text: kind, ...(copyOf === undefined ? {} : { copy_of: copyOf }) },
    image,
    maskFiles: {},
  }
}
