/** Tokenizers from files. */
import { readFile } from 'node:fs/promises'
import { DataFault } from '../../dsl/diagnostics/faults.ts'
import { parseJson } from '../../dsl/values/json.ts'
import { otherFormat } from './readers/other_format.ts'
import { isTokenizerJson, loadTokenizer, type Tokenizer } from './tokenizer.ts'

/**
 * Reads a `tokenizer.json`: one of this project, or one of a CLIP model. Throws where it is no byte-level BPE, and where
 * the tokens that frame a text are missing.
 */
export async function readTokenizer(file: string): Promise<Tokenizer> {
  const bytes = await readFile(file)
  const other = otherFormat(bytes)
  if (other !== undefined)
    throw new DataFault(`"${file}" is no tokenizer: it is ${other.name}`, { file, hint: other.hint })
  const json = parseJson(bytes.toString('utf8'))
  if (isTokenizerJson(json)) return loadTokenizer(json)
  const { foreignTokenizer, isForeignTokenizer } = await import('./foreign_tokenizer.ts')
  if (isForeignTokenizer(json)) return foreignTokenizer(json, file)
  throw new DataFault(`"${file}" is no byte-level BPE tokenizer in Hugging Face's form`, {
    hint: "name the model's tokenizer.json",
    file,
  })
}
