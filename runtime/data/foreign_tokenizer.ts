/**
 * Tokenizers of models that were trained elsewhere, as Hugging Face `tokenizer.json` files: CLIP's has its own pattern,
 * lower-cases, and marks the ends of words. Their library reads them.
 */
import { Tokenizer as HuggingFace } from '@huggingface/tokenizers'
import { DataFault } from '../../dsl/diagnostics/faults.ts'
import { isRecord } from '../../dsl/values/json.ts'
import { byteAlphabet, type Tokenizer } from './tokenizer.ts'

/** Names of the tokens that frame a text, in the tokenizers of CLIP and of OpenCLIP. */
const startNames = ['<|startoftext|>', '<start_of_text>']
const endNames = ['<|endoftext|>', '<end_of_text>']

/**
 * Makes a tokenizer that frames texts as OpenCLIP does: begin, tokens cut to fit, end, then zeros. `name` is that of the
 * file in errors. Throws where the tokens that frame a text are missing, or the end token has not the highest id: models
 * are pooled at the highest.
 */
export function foreignTokenizer(json: Readonly<Record<string, unknown>>, name: string): Tokenizer {
  const read = openLibrary(json, name)
  const idOf = (names: readonly string[], what: string): number => {
    const id = names.map(token => read.token_to_id(token)).find(found => found !== undefined)
    if (id === undefined)
      throw new DataFault(`"${name}" has no token that ${what} a text, such as ${names.join(' or ')}`, { file: name })
    return id
  }
  const start = idOf(startNames, 'begins')
  const end = idOf(endNames, 'ends')
  const vocabulary = read.get_vocab(true)
  const largest = [...vocabulary.values()].reduce((most, id) => Math.max(most, id), 0)
  if (end !== largest)
    throw new DataFault(`The end token of "${name}" has id ${end}, and ${largest} is higher`, {
      hint: 'CLIP is pooled at the highest id',
      file: name,
    })
  const framing = new Set([start, end])
  const byteOf = new Map(byteAlphabet.map((character, byte) => [character, byte]))
  const token = (id: number): string => {
    const found = read.id_to_token(id)
    if (found === undefined) throw new Error(`Token id ${id} is outside the vocabulary of ${largest + 1}`)
    return found
  }
  const encode = (text: string): number[] => [...read.encode(text, { add_special_tokens: false }).ids].map(Number)
  return {
    vocabSize: largest + 1,
    encode,
    decode(ids) {
      const words = [...ids].filter(id => !framing.has(id)).map(id => token(id).replace(/<\/w>$/, 'Ġ'))
      const bytes = Uint8Array.from([...words.join('')], character => byteOf.get(character) ?? 0)
      return new TextDecoder().decode(bytes).trimEnd()
    },
    token,
    encodeBatch(texts, { contextLength }) {
      const rows = new Int32Array(texts.length * contextLength)
      for (const [row, text] of texts.entries())
        rows.set([start, ...encode(text).slice(0, contextLength - 2), end], row * contextLength)
      return rows
    },
  }
}

function openLibrary(json: Readonly<Record<string, unknown>>, name: string): HuggingFace {
  try {
    return new HuggingFace(json, { clean_up_tokenization_spaces: false })
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new DataFault(`"${name}" cannot be read as a tokenizer: ${reason}`, {
      hint: "name the model's tokenizer.json",
      file: name,
      cause,
    })
  }
}

/** True if a value may be a tokenizer that the library reads. */
export const isForeignTokenizer = (value: unknown): value is Readonly<Record<string, unknown>> =>
  isRecord(value) && isRecord(value.model) && isRecord(value.model.vocab) && value.model.type === 'BPE'
