/** Words of the caption grammar: synonyms that are true of everything they stand for. */
import type { Colour } from './colours.ts'
import type { MaskLocation } from './mask_location.ts'
import type { Belt, Relief } from './tile_facts.ts'

/** Words for a kind of landmark, besides its own: `things` take an article, `masses` take none. */
export interface KindWords {
  readonly things: readonly string[]
  readonly masses: readonly string[]
}

/** Synonyms by kind; a kind that is not here goes by its own name. */
export const kindWords: { readonly [kind: string]: KindWords } = {
  archipelago: { things: ['island group', 'cluster of islands'], masses: ['a group of islands', 'scattered islands'] },
  'boreal forest': { things: ['boreal forest'], masses: ['taiga', 'taiga forest'] },
  city: { things: ['large city', 'big city'], masses: ['the surroundings of a large city'] },
  desert: { things: ['dry desert'], masses: ['desert land', 'arid desert country'] },
  gulf: { things: ['bay', 'sea gulf'], masses: [] },
  'ice cap': { things: ['ice field'], masses: ['glacier ice', 'land ice'] },
  island: { things: ['isle'], masses: [] },
  lake: { things: ['inland lake'], masses: ['lake country'] },
  'mountain range': { things: ['mountain chain', 'range of mountains'], masses: ['mountain country'] },
  peninsula: { things: ['peninsula'], masses: ['a tongue of land', 'land reaching into the sea'] },
  plain: { things: ['broad plain'], masses: ['plains', 'open plains'] },
  rainforest: { things: ['rain forest'], masses: ['dense rainforest', 'jungle'] },
  'river delta': { things: ['delta', 'river mouth'], masses: ['delta land'] },
  'salt flat': { things: ['salt pan'], masses: ['salt flats'] },
  savanna: { things: ['savanna landscape'], masses: ['savanna', 'savanna grassland'] },
  strait: { things: ['sea strait', 'narrow sea passage'], masses: [] },
  tundra: { things: ['tundra landscape'], masses: ['tundra', 'treeless tundra'] },
  'undersea ridge': { things: ['submarine ridge'], masses: ['a ridge on the sea floor'] },
}

/** Phrases for where something lies; `nowhere` and `everywhere` are for the clauses to word. */
export function placePhrases(where: MaskLocation): readonly string[] {
  switch (where) {
    case 'north':
      return ['in the north', 'to the north', 'along the northern side', 'at the top']
    case 'east':
      return ['in the east', 'to the east', 'along the eastern side', 'on the right']
    case 'south':
      return ['in the south', 'to the south', 'along the southern side', 'at the bottom']
    case 'west':
      return ['in the west', 'to the west', 'along the western side', 'on the left']
    case 'north-east':
      return ['in the north-east', 'to the north-east', 'at the upper right']
    case 'south-east':
      return ['in the south-east', 'to the south-east', 'at the lower right']
    case 'south-west':
      return ['in the south-west', 'to the south-west', 'at the lower left']
    case 'north-west':
      return ['in the north-west', 'to the north-west', 'at the upper left']
    case 'centre':
      return ['in the middle', 'in the centre', 'at the centre']
    case 'all round':
      return ['all round', 'on every side', 'around the edges']
    case 'east and west':
      return ['on the east and west sides', 'to the left and right']
    case 'north and south':
      return ['on the north and south sides', 'at top and bottom']
    case 'north to south':
      return ['in a band from north to south', 'running down the middle']
    case 'west to east':
      return ['in a band from west to east', 'running across the middle']
    case 'scattered':
      return ['here and there', 'in scattered patches', 'spread about']
    case 'everywhere':
      return ['everywhere', 'throughout']
    case 'nowhere':
      return ['nowhere']
  }
}

/** The location of the rest when something lies `where`; undefined where that tells nothing. */
export function oppositePlace(where: MaskLocation): MaskLocation | undefined {
  switch (where) {
    case 'north':
      return 'south'
    case 'east':
      return 'west'
    case 'south':
      return 'north'
    case 'west':
      return 'east'
    case 'north-east':
      return 'south-west'
    case 'south-east':
      return 'north-west'
    case 'south-west':
      return 'north-east'
    case 'north-west':
      return 'south-east'
    case 'all round':
      return 'centre'
    case 'centre':
      return 'all round'
    case 'east and west':
      return 'north to south'
    case 'north and south':
      return 'west to east'
    case 'north to south':
      return 'east and west'
    case 'west to east':
      return 'north and south'
    case 'scattered':
    case 'everywhere':
    case 'nowhere':
      return undefined
  }
}

/** Adjectives by colour. */
export const colourWords: { readonly [colour in Colour]: readonly string[] } = {
  white: ['white', 'bright white'],
  grey: ['grey'],
  black: ['black', 'near-black'],
  'dark blue': ['dark blue', 'deep blue', 'navy blue'],
  blue: ['blue', 'mid-blue'],
  'dark green': ['dark green', 'deep green'],
  green: ['green'],
  olive: ['olive', 'olive green'],
  tan: ['tan', 'sandy', 'pale brown'],
  brown: ['brown', 'earth brown'],
  reddish: ['reddish', 'rust-red'],
}

/** Noun phrases by relief. */
export const reliefWords: { readonly [relief in Relief]: readonly string[] } = {
  none: [],
  flat: ['flat low land', 'level lowland', 'low-lying land'],
  hilly: ['low hills', 'gently rolling land', 'modest hills'],
  upland: ['uplands', 'hilly upland'],
  plateau: ['a high plateau', 'high tableland'],
  rising: ['smoothly rising high ground', 'broad smooth slopes'],
  mountains: ['mountains', 'rugged mountains', 'steep ranges'],
  'high mountains': ['high mountains', 'very high peaks', 'lofty ranges'],
}

/** Adjectives by belt of latitude; `polar` is worded by its pole. */
export const beltWords: { readonly [belt in Belt]: readonly string[] } = {
  tropical: ['tropical'],
  subtropical: ['subtropical'],
  temperate: ['temperate', 'mid-latitude'],
  subpolar: ['subpolar', 'high-latitude'],
  polar: ['polar'],
}
