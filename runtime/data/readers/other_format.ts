/** Files that are something else than their names say, by their first bytes. */

/** A format that is not the expected one. */
export interface OtherFormat {
  readonly kind: 'compressed' | 'pointer' | 'page'
  /** A noun phrase: `a gzip file`. */
  readonly name: string
  readonly hint: string
}

const compressed: readonly (readonly [name: string, first: readonly number[]])[] = [
  ['a gzip file', [0x1f, 0x8b]],
  ['a Zstandard file', [0x28, 0xb5, 0x2f, 0xfd]],
  ['an xz file', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ['an LZ4 file', [0x04, 0x22, 0x4d, 0x18]],
  ['a ZIP archive', [0x50, 0x4b, 0x03, 0x04]],
]

/** Recognises compressed files, pointers that Git LFS leaves in place of files, and web pages saved as files. */
export function otherFormat(first: Uint8Array): OtherFormat | undefined {
  for (const [name, magic] of compressed)
    if (magic.every((byte, i) => first[i] === byte)) return { kind: 'compressed', name, hint: 'unpack it first' }
  // A tar may begin with a name that begins as bzip2 does.
  if (/^BZh[1-9]1AY/.test(Buffer.from(first.subarray(0, 7)).toString('latin1')))
    return { kind: 'compressed', name: 'a bzip2 file', hint: 'unpack it first' }
  const text = Buffer.from(first.subarray(0, 64)).toString('latin1')
  if (text.startsWith('version https://git-lfs.github.com/spec/'))
    return { kind: 'pointer', name: 'a pointer of Git LFS, not the file itself', hint: "run 'git lfs pull'" }
  if (/^\s*<(!doctype html|html)/i.test(text))
    return { kind: 'page', name: 'a web page', hint: 'download the file again' }
  return undefined
}
