/** Plain YAML scalars that YAML 1.1 and YAML 1.2 readers, both common, read differently. */

/** An ambiguous scalar: its readings, and spellings that every reader reads alike. */
export interface Ambiguity {
  /** "a boolean in YAML 1.1 and text in YAML 1.2" */
  readonly readings: string
  /** One spelling for each meaning. */
  readonly spellings: readonly string[]
}

/** Says how a plain scalar is ambiguous; undefined when every reader agrees. */
export function ambiguity(text: string): Ambiguity | undefined {
  if (/^(?:y|yes|on|n|no|off)$/i.test(text)) {
    const truth = /^(?:y|yes|on)$/i.test(text) ? 'true' : 'false'
    return { readings: 'a boolean in YAML 1.1 and text in YAML 1.2', spellings: [truth, `'${text}'`] }
  }
  if (/^[-+]?0[0-9_]+$/.test(text)) {
    const octal = /^[-+]?0[0-7_]+$/.test(text) ? `${octalValue(text)} in YAML 1.1` : 'text in YAML 1.1'
    return {
      readings: `${octal} and ${Number(text.replaceAll('_', ''))} in YAML 1.2`,
      spellings: [withoutZeros(text), `'${text}'`],
    }
  }
  if (/^0o[0-7]+$/.test(text))
    return {
      readings: `text in YAML 1.1 and ${Number(text)} in YAML 1.2`,
      spellings: [String(Number(text)), `'${text}'`],
    }
  if (/^[-+]?0b[01_]+$/.test(text))
    return { readings: 'a number in YAML 1.1 and text in YAML 1.2', spellings: [binaryValue(text), `'${text}'`] }
  if (/^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/.test(text))
    return { readings: 'a number to base 60 in YAML 1.1 and text in YAML 1.2', spellings: [`'${text}'`] }
  if (/^[-+]?[0-9][0-9_]*(?:\.[0-9_]*)?$/.test(text) && text.includes('_'))
    return { readings: 'a number in YAML 1.1 and text in YAML 1.2', spellings: [text.replaceAll('_', ''), `'${text}'`] }
  if (/^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)[eE][-+]?[0-9]+$/.test(text) && !/^[-+]?[0-9]*\.[0-9]*[eE][-+]/.test(text))
    return { readings: 'text in YAML 1.1 and a number in YAML 1.2', spellings: [decimal(text), `'${text}'`] }
  if (/^\d{4}-\d\d?-\d\d?(?:[Tt ].*)?$/.test(text))
    return { readings: 'a date in YAML 1.1 and text in YAML 1.2', spellings: [`'${text}'`] }
  return undefined
}

const octalValue = (text: string): number =>
  Number.parseInt(text.replace(/^[-+]/, '').replaceAll('_', ''), 8) * (text.startsWith('-') ? -1 : 1)

const withoutZeros = (text: string): string => text.replaceAll('_', '').replace(/^([-+]?)0+(?=[0-9])/, '$1')

const binaryValue = (text: string): string =>
  String(Number.parseInt(text.replace(/^([-+]?)0b/, '$1').replaceAll('_', ''), 2))

/** Positional notation where that is short, else with a point and a signed exponent: `0.0001`, `1.0e-12`. */
function decimal(text: string): string {
  const plain = String(Number(text))
  if (!plain.includes('e')) return plain
  const [digits = '', exponent = ''] = plain.split('e')
  return `${digits.includes('.') ? digits : `${digits}.0`}e${exponent}`
}
