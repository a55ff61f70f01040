/** The manifest of a published result: the outcome of the stage, and the digests of its files. */
import { type Intervals, isIntervals } from '../../dsl/values/interval.ts'
import { isRecord, isText, parseJson } from '../../dsl/values/json.ts'
import { type FileRecord, outputDigest } from './digest.ts'

/** Output digests of inputs, by role. */
export type InputDigests = { readonly [role: string]: string }

/** The part of a manifest that the stage provides; the store adds files and digest. */
export interface Outcome {
  /** Key of the stage: hexadecimal SHA-256. */
  readonly key: string
  /** Identity of the stage in the plan that made it first. */
  readonly id: string
  readonly kind: string
  readonly version: number
  readonly metrics: { readonly [name: string]: number }
  /** Intervals of metrics at a level of 95 %; absent where none has one. */
  readonly intervals?: Intervals
  readonly summary: string
  /** Pictures, tables and curves for the report; opaque to the store. */
  readonly exhibits: readonly unknown[]
  /** Engine the recipe asked for. */
  readonly engine: string
  readonly seconds: number
  /** Faults the stage survived. */
  readonly warnings: readonly string[]
  /** Output digests of the inputs it was made from, by role; absent in results of earlier versions. */
  readonly inputs?: InputDigests
}

/** `manifest.json` of a result. */
export interface Manifest extends Outcome {
  /** Files by path relative to the result's folder, with `/` between folders. */
  readonly files: { readonly [path: string]: FileRecord }
  /** Digest over files, metrics and intervals. */
  readonly digest: string
}

/** Name of the manifest inside a result. */
export const manifestName = 'manifest.json'

const isFile = (value: unknown): value is FileRecord =>
  isRecord(value) && typeof value.size === 'number' && isText(value.sha256)

function isManifest(value: unknown): value is Manifest {
  if (!isRecord(value)) return false
  const texts = [value.key, value.id, value.kind, value.summary, value.engine, value.digest]
  return (
    texts.every(isText) &&
    typeof value.version === 'number' &&
    typeof value.seconds === 'number' &&
    isRecord(value.metrics) &&
    Object.values(value.metrics).every(metric => typeof metric === 'number') &&
    isRecord(value.files) &&
    Object.values(value.files).every(isFile) &&
    Array.isArray(value.exhibits) &&
    Array.isArray(value.warnings) &&
    (value.intervals === undefined || isIntervals(value.intervals)) &&
    (value.inputs === undefined || (isRecord(value.inputs) && Object.values(value.inputs).every(isText)))
  )
}

/**
 * True if a result was made from these very inputs. Keys say what inputs are asked for; a result whose failed items were
 * tried again, or that was computed anew on another machine, may differ under the same key.
 */
export function isMadeFrom({ inputs = {} }: Pick<Manifest, 'inputs'>, digests: InputDigests): boolean {
  return Object.entries(digests).every(([role, digest]) => inputs[role] === undefined || inputs[role] === digest)
}

/** Reads a manifest; `undefined` if the text is no manifest or does not agree with its own digest. */
export function parseManifest(text: string): Manifest | undefined {
  const value = parseJson(text)
  return isManifest(value) && outputDigest(value.files, value) === value.digest ? value : undefined
}
