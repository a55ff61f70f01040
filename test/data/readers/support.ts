/** What tests of readers share: small pictures and files, and whatever a reader finds and makes. */
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import tar from 'tar-stream'
import { encodeJpeg } from '../../../runtime/data/image.ts'
import { makeSamples, type SampleOptions } from '../../../runtime/data/readers/make_samples.ts'
import type { ImageRecord, SourceItem, SourceReader } from '../../../runtime/data/readers/record.ts'
import type { SampleFiles } from '../../../runtime/data/sample.ts'

/** A JPEG of 40 by 30 pixels. */
export const picture = (shade: number, width = 40, height = 30): Promise<Uint8Array> => {
  const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * shade) % 251)
  return encodeJpeg({ data, width, height, channels: 3 }, 90)
}

/** Writes files, with the folders that they lie in. */
export async function put(folder: string, files: { readonly [name: string]: string | Uint8Array }): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), content)
  }
}

/** A file of a tar. */
export type TarContent = readonly [name: string, content: string | Uint8Array]

/** A tar of files, and of links to what is not to be read. */
export async function pack(files: readonly TarContent[], links: readonly string[] = []): Promise<Buffer> {
  const packer = tar.pack()
  for (const [name, content] of files) packer.entry({ name }, Buffer.from(content))
  for (const name of links) packer.entry({ name, type: 'symlink', linkname: '/etc/passwd' })
  packer.finalize()
  const chunks: Uint8Array[] = []
  for await (const chunk of packer) if (chunk instanceof Uint8Array) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** Whatever a reader finds. */
export async function findAll(reader: SourceReader): Promise<readonly SourceItem[]> {
  const found: SourceItem[] = []
  for await (const one of reader.find()) found.push(one)
  return found
}

/** The records among what was found. */
export const recordsOf = (found: readonly SourceItem[]): readonly ImageRecord[] =>
  found.filter(one => one.kind === 'record')

/** The reasons of faults among whatever else. */
export const reasonsOf = (found: readonly { readonly kind: string; readonly reason?: string }[]): readonly string[] =>
  found.flatMap(one => (one.kind === 'corrupt' ? [one.reason ?? ''] : []))

/** Samples and the reasons of faults, in order. */
export async function makeAll(
  reader: SourceReader,
  options: Partial<SampleOptions> & { readonly first?: number },
): Promise<{ readonly samples: readonly SampleFiles[]; readonly copies: number; readonly faults: readonly string[] }> {
  const samples: SampleFiles[] = []
  const faults: string[] = []
  let copies = 0
  for await (const made of makeSamples(reader.find(), { size: undefined, filter: 'lanczos3', ...options })) {
    if (made.kind === 'corrupt') faults.push(made.reason)
    if (made.kind !== 'made') continue
    samples.push(made.sample)
    if (made.isCopy) copies += 1
  }
  return { samples, copies, faults }
}

/** The message that work fails with. */
export async function messageOf(work: Promise<unknown>): Promise<string> {
  try {
    await work
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
  return 'no error'
}
