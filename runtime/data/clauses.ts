/** Clauses about a tile: noun phrases, each true to a measured fact. */
import { type Colour, colours } from './colours.ts'
import { beltWords, colourWords, oppositePlace, placePhrases, reliefWords } from './lexicon.ts'
import { type MaskLocation, maskLocations } from './mask_location.ts'
import type { Random } from './random.ts'
import type { Sample } from './sample.ts'
import { beltOf, reliefs } from './tile_facts.ts'

/** A clause on one topic, with the weight of its topic in the choice. */
export interface Clause {
  readonly topic: 'water' | 'colours' | 'colour place' | 'relief' | 'highland' | 'snow' | 'light' | 'size' | 'names'
  readonly weight: number
  readonly say: (random: Random) => string
}

/** Words for a share that is neither none nor all: the first bound above it holds. */
const AMOUNTS: readonly (readonly [number, readonly string[]])[] = [
  [0.08, ['a little water', 'small stretches of water', 'a touch of water']],
  [0.2, ['some water', 'a minor part under water']],
  [0.3, ['about a quarter water', 'water over a quarter of it']],
  [0.4, ['about a third water', 'water over a third of it']],
  [0.6, ['about half water', 'water over half of it', 'half land and half water']],
  [0.7, ['about two thirds water', 'water over two thirds of it']],
  [0.82, ['about three quarters water', 'water over three quarters of it']],
  [0.94, ['mostly water', 'water over most of it', 'far more water than land']],
  [1, ['almost only water', 'almost nothing but water', 'water nearly everywhere']],
]

/** Every clause that the facts of a sample allow. Samples of sources without such facts give none. */
export function clausesOf(sample: Sample): readonly Clause[] {
  return [
    waterClause(sample),
    colourClause(sample),
    colourPlaceClause(sample),
    reliefClause(sample),
    highlandClause(sample),
    snowClause(sample),
    lightClause(sample),
    sizeClause(sample),
    namesClause(sample),
  ].filter(clause => clause !== undefined)
}

/** An adjective of the belt of latitude: `tropical`, `arctic`. */
export function beltAdjective({ lat }: Sample, random: Random): string | undefined {
  if (lat === undefined) return undefined
  const belt = beltOf(lat)
  return belt === 'polar' ? random.pick(['polar', lat > 0 ? 'arctic' : 'antarctic']) : random.pick(beltWords[belt])
}

/** Number of a fact. */
const numberFact = ({ facts }: Sample, name: string): number | undefined =>
  typeof facts[name] === 'number' ? facts[name] : undefined

/** Text of a fact, or empty. */
export const textFact = ({ facts }: Sample, name: string): string =>
  typeof facts[name] === 'string' ? facts[name] : ''

/** Texts of a fact, or none. */
export function textsFact({ facts }: Sample, name: string): readonly string[] {
  const fact = facts[name]
  return typeof fact === 'object' ? fact : []
}

function waterClause(sample: Sample): Clause | undefined {
  const share = numberFact(sample, 'water_share')
  if (share === undefined) return undefined
  const where = whereFact(sample, 'water_where')
  return { topic: 'water', weight: 4, say: random => sayWater({ share, where }, random) }
}

function sayWater({ share, where }: { readonly share: number; readonly where: MaskLocation }, random: Random): string {
  if (share < 0.004) return random.pick(['no open water', 'dry land throughout', 'land from edge to edge'])
  if (share > 0.996) return random.pick(['open water everywhere', 'water from edge to edge'])
  const amount = random.pick(AMOUNTS.find(([bound]) => share <= bound)?.[1] ?? ['water'])
  if (share > 0.6) {
    const rest = oppositePlace(where)
    return rest !== undefined && random.chance(0.7) ? `${amount} and land ${random.pick(placePhrases(rest))}` : amount
  }
  if (where === 'nowhere') return amount
  const place = random.pick(placePhrases(where))
  if (share <= 0.2) return `${amount} ${place}`
  return random.pick([amount, `open water ${place}`, `water ${place}`, `${amount}, mainly ${place}`])
}

function colourClause(sample: Sample): Clause | undefined {
  const shown = coloursOf(sample)
  const [first, second] = shown
  if (first === undefined) return undefined
  return {
    topic: 'colours',
    weight: 2,
    say(random) {
      const main = random.pick(colourWords[first.colour])
      if (second === undefined) return random.pick([`mostly ${main} colours`, `${main} tones`, `chiefly ${main} tones`])
      const other = random.pick(colourWords[second.colour])
      return random.pick([`${main} and ${other} tones`, `${main} and ${other} colours`, `${main} beside ${other}`])
    },
  }
}

function colourPlaceClause(sample: Sample): Clause | undefined {
  const placed = coloursOf(sample).filter(({ where }) => where !== 'everywhere' && where !== 'nowhere')
  if (placed.length === 0) return undefined
  return {
    topic: 'colour place',
    weight: 2.5,
    say(random) {
      const { colour, where } = random.pick(placed)
      const ground =
        colour === 'blue' || colour === 'dark blue' || colour === 'black'
          ? 'areas'
          : random.pick(['areas', 'ground', 'land'])
      return `${random.pick(colourWords[colour])} ${ground} ${random.pick(placePhrases(where))}`
    },
  }
}

function reliefClause(sample: Sample): Clause | undefined {
  const relief = reliefs.find(name => name === textFact(sample, 'relief'))
  if (relief === undefined || relief === 'none') return undefined
  // The steep margin of an ice cap measures like mountains, and shows none.
  if (sample.label === 'ice cap' && relief.endsWith('mountains')) return undefined
  return { topic: 'relief', weight: 2, say: random => random.pick(reliefWords[relief]) }
}

function highlandClause(sample: Sample): Clause | undefined {
  const share = numberFact(sample, 'highland_share') ?? 0
  const where = whereFact(sample, 'highland_where')
  if (share < 0.08 || share > 0.9 || where === 'nowhere') return undefined
  const nouns = ['high ground', 'highland', 'higher land']
  return { topic: 'highland', weight: 1.5, say: random => `${random.pick(nouns)} ${random.pick(placePhrases(where))}` }
}

/** White is snow or ice near the poles; elsewhere it may be salt. */
function snowClause(sample: Sample): Clause | undefined {
  const white = coloursOf(sample).find(({ colour }) => colour === 'white')
  if (white === undefined || Math.abs(sample.lat ?? 0) < 55) return undefined
  const { where } = white
  const nouns = ['snow and ice', 'snow cover', 'snowy ground']
  return { topic: 'snow', weight: 2, say: random => `${random.pick(nouns)} ${random.pick(placePhrases(where))}` }
}

function lightClause(sample: Sample): Clause | undefined {
  const brightness = numberFact(sample, 'brightness')
  if (brightness === undefined || (brightness > 45 && brightness < 140)) return undefined
  const phrases = brightness <= 45 ? ['a dark look', 'dark tones overall'] : ['a bright look', 'bright tones overall']
  return { topic: 'light', weight: 0.8, say: random => random.pick(phrases) }
}

function sizeClause({ groundKm }: Sample): Clause | undefined {
  if (groundKm === undefined) return undefined
  const step = groundKm < 200 ? 10 : 50
  const km = Math.max(step, Math.round(groundKm / step) * step)
  const phrases = [`a width of about ${km} km`, `about ${km} km of ground`, `a footprint roughly ${km} km wide`]
  return { topic: 'size', weight: 1, say: random => random.pick(phrases) }
}

function namesClause(sample: Sample): Clause | undefined {
  const names = [...textsFact(sample, 'landmarks'), ...textsFact(sample, 'cities')]
  if (names.length === 0) return undefined
  return {
    topic: 'names',
    weight: 0.5,
    say: random => `${random.pick(names)} ${random.pick(['in view', 'within it'])}`,
  }
}

function coloursOf(sample: Sample): readonly { readonly colour: Colour; readonly where: MaskLocation }[] {
  const wheres = textsFact(sample, 'colours_where')
  return textsFact(sample, 'colours').flatMap((name, i) => {
    const colour = colours.find(known => known === name)
    return colour === undefined
      ? []
      : [{ colour, where: maskLocations.find(place => place === wheres[i]) ?? 'nowhere' }]
  })
}

const whereFact = (sample: Sample, name: string): MaskLocation =>
  maskLocations.find(place => place === textFact(sample, name)) ?? 'nowhere'
