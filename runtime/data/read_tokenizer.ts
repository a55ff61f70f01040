/** Tokenizers from files. */
import { readFile } from 'node:fs/promises'
import { DataFault } from '../../dsl/diagnostics/faults.ts'
import { isRecord, isText } from '../../dsl/values/json.ts'
import { otherFormat } from './readers/other_format.ts'
import { parsePythonJson } from './readers/python_json.ts'
import { decodeText } from './readers/text.ts'
import { isTokenizerJson, loadTokenizer, type Tokenizer } from './tokenizer.ts'

/**
 * Reads a `tokenizer.json`: one of this project, or one of a CLIP model. Throws a fault that names the file where it is
 * another, where its vocabulary or merges are damaged, and where the tokens that frame a text are missing.
 */
export async function readTokenizer(file: string): Promise<Tokenizer> {
  const json = await readJson(file)
  const model = isRecord(json) && isRecord(json.model) ? json.model : {}
  if (isRecord(model.vocab)) checkVocabulary(model.vocab, isRecord(json) ? json.added_tokens : undefined, file)
  if (isTokenizerJson(json)) return loadTokenizer({ ...json, model: { ...json.model, merges: mergesOf(model, file) } })
  const { foreignTokenizer, isForeignTokenizer } = await import('./foreign_tokenizer.ts')
  if (isForeignTokenizer(json)) {
    mergesOf(model, file)
    return foreignTokenizer(json, file)
  }
  throw foreign(file)
}

const foreign = (file: string, { reason = '', cause }: { readonly reason?: string; readonly cause?: unknown } = {}) =>
  new DataFault(`"${file}" is no byte-level BPE tokenizer in Hugging Face's form${reason}`, {
    hint: "name the model's tokenizer.json",
    file,
    cause,
  })

async function readJson(file: string): Promise<unknown> {
  const bytes = await readFile(file)
  const other = otherFormat(bytes.subarray(0, 64))
  if (other !== undefined)
    throw new DataFault(`"${file}" is no tokenizer: it is ${other.name}`, { hint: other.hint, file })
  const text = decodeText(bytes, `"${file}"`)
  try {
    return parsePythonJson(text)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw foreign(file, { reason: `: ${reason}`, cause })
  }
}

/** Throws where ids are no whole numbers, two tokens share one, or an added token has another id than in the vocabulary. */
function checkVocabulary(vocab: Readonly<Record<string, unknown>>, added: unknown, file: string): void {
  const tokens = new Map<number, string>()
  if (!Array.isArray(added)) throw new DataFault(`"${file}" has no list of added_tokens`, { file })
  const further = added.map((token: unknown, i): readonly [string, unknown] => {
    if (isRecord(token) && isText(token.content)) return [token.content, token.id]
    throw new DataFault(`"${file}" has an added token without a text: ${JSON.stringify(token)}`, {
      ...{ file, item: `added_tokens[${i}]` },
    })
  })
  const isNew = ([token, id]: readonly [string, unknown]) => !Object.hasOwn(vocab, token) || vocab[token] !== id
  for (const [token, id] of [...Object.entries(vocab), ...further.filter(isNew)]) {
    const place = { file, item: token }
    if (typeof id !== 'number' || !Number.isSafeInteger(id) || id < 0 || id >= 2 ** 24)
      throw new DataFault(`"${file}" gives its token "${token}" the id ${JSON.stringify(id)}`, place)
    const before = tokens.get(id)
    if (before !== undefined)
      throw new DataFault(`"${file}" gives its tokens "${before}" and "${token}" the same id ${id}`, place)
    tokens.set(id, token)
    if (vocab[token] !== id && Object.hasOwn(vocab, token))
      throw new DataFault(`"${file}" gives its token "${token}" the ids ${String(vocab[token])} and ${id}`, place)
  }
}

/** The merges of a model: pairs, or, as older files have them, texts with a blank between. */
function mergesOf(
  { merges, vocab }: Readonly<Record<string, unknown>>,
  file: string,
): readonly (readonly [string, string])[] {
  if (!Array.isArray(merges)) throw new DataFault(`"${file}" has no list of merges`, { file })
  return merges.map((merge: unknown, rank): readonly [string, string] => {
    const [left, right, ...others]: readonly unknown[] = isText(merge)
      ? merge.split(' ')
      : Array.isArray(merge)
        ? merge
        : []
    const place = { file, item: `merges[${rank}]` }
    if (isText(left) && isText(right) && others.length === 0) {
      const unknown = [left, right, left + right].find(token => isRecord(vocab) && !Object.hasOwn(vocab, token))
      if (unknown === undefined) return [left, right]
      throw new DataFault(`"${file}" merges "${left}" and "${right}", and "${unknown}" is no token of it`, place)
    }
    throw new DataFault(`"${file}" has a merge that is no pair of tokens: ${JSON.stringify(merge)}`, place)
  })
}
