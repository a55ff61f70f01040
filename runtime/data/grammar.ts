/** A seeded grammar that writes captions from facts: varied in structure and words, true in all it says. */
import { UserFault } from '../../dsl/diagnostics/faults.ts'
import type { CaptionWriter } from './captioner.ts'
import { beltAdjective, type Clause, clausesOf, textFact, textsFact } from './clauses.ts'
import { kindWords } from './lexicon.ts'
import { createRandom, type Random } from './random.ts'
import type { Sample } from './sample.ts'

/** Options of {@link createGrammar}. */
export interface GrammarOptions {
  /** Captions of each image. */
  readonly perImage: number
  readonly seed: number
}

/** Fewest and most words of a caption; the most fits 32 tokens of a small byte-pair vocabulary. */
const LENGTH = { least: 8, most: 22 } as const

/** Attempts at a caption that is new and of the right length; one in two succeeds, so running out means no facts. */
const ATTEMPTS = 200

const VIEWS = [
  'a satellite view of',
  'a satellite image of',
  'an overhead view of',
  'a view from space of',
  'satellite imagery of',
  'an aerial view of',
  'a top-down view of',
] as const

/** Makes a grammar. Captions depend on the seed, the sample's key and its facts alone. */
export function createGrammar({ perImage, seed }: GrammarOptions): CaptionWriter {
  return { caption: async sample => writeCaptions(sample, { perImage, seed }) }
}

function writeCaptions(sample: Sample, { perImage, seed }: GrammarOptions): readonly string[] {
  const random = createRandom(seed, `caption ${sample.key}`)
  const clauses = clausesOf(sample)
  const captions = new Set<string>()
  for (let attempt = 0; clauses.length > 1 && attempt < ATTEMPTS && captions.size < perImage; attempt++) {
    const caption = writeCaption(sample, clauses, random)
    const words = caption.split(' ').length
    if (words >= LENGTH.least && words <= LENGTH.most) captions.add(caption)
  }
  if (captions.size === perImage) return [...captions]
  throw new UserFault(`Sample '${sample.key}' has facts for ${captions.size} of ${perImage} captions`, {
    hint: 'use data with measured facts or lower per_image',
    place: 'per_image',
  })
}

function writeCaption(sample: Sample, clauses: readonly Clause[], random: Random): string {
  const subject = writeSubject(sample, random)
  const said = chooseClauses(clauses, 2 + random.below(3), random).map(({ say }) => say(random))
  const [first = '', ...rest] = said
  switch (random.below(7)) {
    case 0:
    case 1:
      return `${random.pick(VIEWS)} ${subject} with ${joinWords(said)}`
    case 2:
      return [subject, ...said].join(', ')
    case 3:
      return `${subject} seen from above, showing ${joinWords(said)}`
    case 4:
      return `${joinWords(said)}: ${random.pick(['', ...VIEWS])} ${subject}`.replace('  ', ' ')
    case 5:
      return `${subject} with ${first}${rest.length === 0 ? '' : `; ${joinWords(rest)}`}`
    default:
      return `${random.pick(['this scene shows', 'the picture shows', 'seen from orbit,', 'from above,'])} ${subject}, ${joinWords(said)}`
  }
}

/** Draws clauses of different topics by their weights. */
function chooseClauses(clauses: readonly Clause[], count: number, random: Random): readonly Clause[] {
  const rest = [...clauses]
  const chosen: Clause[] = []
  while (chosen.length < count && rest.length > 0) {
    let left = random.next() * rest.reduce((sum, { weight }) => sum + weight, 0)
    const at = rest.findIndex(({ weight }) => {
      left -= weight
      return left < 0
    })
    chosen.push(...rest.splice(Math.max(0, at), 1))
  }
  return chosen
}

/** `a tropical lake in Kenya`, `Lake Turkana, a lake`, `jungle in the southern tropics`. */
function writeSubject(sample: Sample, random: Random): string {
  const name = textFact(sample, 'name')
  const noun = writeNoun(sample, random)
  const region = random.chance(0.4) ? writeRegion(sample, random) : ''
  return name !== '' && random.chance(0.25) ? `${name}, ${noun}${region}` : `${noun}${region}`
}

function writeNoun(sample: Sample, random: Random): string {
  const kind = sample.label === '' ? 'landscape' : sample.label
  const { things, masses } = kindWords[kind] ?? { things: [], masses: [] }
  if (masses.length > 0 && random.chance(0.15)) return random.pick(masses)
  const thing = things.length > 0 && random.chance(0.2) ? random.pick(things) : kind
  const belt = random.chance(0.4) ? beltAdjective(sample, random) : undefined
  return withArticle(belt === undefined ? thing : `${belt} ${thing}`)
}

function writeRegion(sample: Sample, random: Random): string {
  const country = textFact(sample, 'country')
  const countries = textsFact(sample, 'countries')
  const hemisphere = textFact(sample, 'hemisphere')
  if (country !== '' && country !== textFact(sample, 'name') && random.chance(0.7)) return ` in ${nameCountry(country)}`
  if (country === '' && countries.length > 0 && random.chance(0.6))
    return ` near ${nameCountry(random.pick(countries))}`
  return hemisphere === '' ? '' : ` in the ${hemisphere} hemisphere`
}

const withArticle = (noun: string): string => `${/^[aeiou]/.test(noun) ? 'an' : 'a'} ${noun}`

/** Country names that are plurals or descriptions take an article. */
const nameCountry = (name: string): string =>
  /^(United|Democratic|Central African|Dominican Rep|Philippines|Netherlands|Bahamas|Maldives|Gambia|Comoros)|(Islands|Lands|Territory|Territories)$/.test(
    name,
  )
    ? `the ${name}`
    : name

function joinWords(items: readonly string[]): string {
  const [last = '', ...before] = [...items].reverse()
  return before.length === 0 ? last : `${before.reverse().join(', ')} and ${last}`
}
