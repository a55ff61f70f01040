/** Plain YAML scalars that YAML 1.1 and YAML 1.2 readers, both common, read differently. */
import type { Ambiguity, Scalar } from '../values/located.ts'

/**
 * Says how a plain scalar is ambiguous; undefined where every reader agrees. Dates and numbers to base 60 (`12:30`) are
 * text: no field of a recipe is a date, and nobody means 750.
 */
export function ambiguity(text: string): Ambiguity | undefined {
  const orText = (words: string, value: Scalar, spelling = String(value)): Ambiguity => ({
    words,
    readings: [
      { value, spelling },
      { value: text, spelling: `'${text}'` },
    ],
  })
  if (/^(?:y|yes|on|n|no|off)$/i.test(text))
    return orText('a boolean in YAML 1.1 and text in YAML 1.2', /^(?:y|yes|on)$/i.test(text))
  if (/^[-+]?0[0-7]+$/.test(text)) {
    const [octal, decimal] = [octalValue(text), Number(text)]
    return {
      words: `${octal} in YAML 1.1 and ${decimal} in YAML 1.2`,
      readings: [decimal, octal].map(value => ({ value, spelling: String(value) })),
    }
  }
  const inEleven = 'a number in YAML 1.1 and text in YAML 1.2'
  if (/^[-+]?0[0-7_]+$/.test(text)) return orText(inEleven, octalValue(text))
  if (/^0o[0-7]+$/.test(text)) return orText(`text in YAML 1.1 and ${Number(text)} in YAML 1.2`, Number(text))
  if (/^[-+]?0b[01_]+$/.test(text)) return orText(inEleven, binaryValue(text))
  if (/^[-+]?[0-9][0-9_]*(?:\.[0-9_]*)?$/.test(text) && text.includes('_'))
    return orText(inEleven, Number(text.replaceAll('_', '')))
  if (/^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)[eE][-+]?[0-9]+$/.test(text) && !/^[-+]?[0-9]*\.[0-9]*[eE][-+]/.test(text))
    return orText('text in YAML 1.1 and a number in YAML 1.2', Number(text), decimal(text))
  return undefined
}

/** True if some reader of YAML takes a plain text for something else; dates and numbers to base 60 included. */
export const needsQuotes = (text: string): boolean =>
  ambiguity(text) !== undefined ||
  /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$|^\d{4}-\d\d?-\d\d?(?:[Tt ].*)?$|^[-+]?0[0-9_]+$/.test(text)

const octalValue = (text: string): number =>
  Number.parseInt(text.replace(/^[-+]/, '').replaceAll('_', ''), 8) * (text.startsWith('-') ? -1 : 1)

const binaryValue = (text: string): number => Number.parseInt(text.replace(/^([-+]?)0b/, '$1').replaceAll('_', ''), 2)

/** Positional notation where that is short, else with a point and a signed exponent: `0.0001`, `1.0e-12`. */
function decimal(text: string): string {
  const plain = String(Number(text))
  if (!plain.includes('e')) return plain
  const [digits = '', exponent = ''] = plain.split('e')
  return `${digits.includes('.') ? digits : `${digits}.0`}e${exponent}`
}
