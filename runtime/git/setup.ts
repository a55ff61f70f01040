/** Git's settings for recipes and locks: a block of `.gitattributes`, and drivers in the repository's own config. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { askGit, tellGit } from './git.ts'

const blockStart = '# terroir: recipes by meaning, locks by stage (terroir git-setup)'
const blockEnd = '# terroir: end'

/** Settings of the repository's config that use a program: `terroir`, or how else it is started. */
export const gitSettings = (program: string): readonly (readonly [name: string, value: string])[] => [
  ['diff.terroir.textconv', `${program} textconv`],
  ['merge.terroir.name', 'terroir: locks by stage'],
  ['merge.terroir.driver', `${program} merge-lock %O %A %B`],
]

/** The lines of `.gitattributes` for folders of recipes, named from the root of the work tree. */
export function attributeLines(folders: readonly string[]): readonly string[] {
  return folders.flatMap(folder => {
    const inside = folder === '.' ? '' : `${folder.replaceAll(' ', '[[:space:]]')}/`
    return [
      ...['yaml', 'yml', 'ts'].map(ending => `/${inside}*.${ending} diff=terroir`),
      `/${inside}*.lock diff=terroir merge=terroir`,
    ]
  })
}

/**
 * The folders of a work tree that hold recipes, tracked or not, named from its root: those with locks beside recipes;
 * where none has a lock yet, all of them.
 */
export function recipeFolders(root: string): readonly string[] {
  const list = ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--full-name', '--', `${root}/`]
  const files = (askGit(list) ?? '').split('\0').filter(file => /\.(?:ya?ml|ts)$/.test(file))
  const isRecipe = (file: string): boolean => {
    const path = join(root, file)
    const text = existsSync(path) ? readFileSync(path, 'utf8') : ''
    return file.endsWith('.ts') ? /^export default recipe\(/m.test(text) : /^(?:sources|extends):/m.test(text)
  }
  const isLocked = (file: string): boolean => existsSync(join(root, file.replace(/\.\w+$/, '.lock')))
  const locked = files.filter(file => isLocked(file) && isRecipe(file))
  const found = locked.length > 0 ? locked : files.filter(isRecipe)
  return [...new Set(found.map(file => dirname(file)))].sort()
}

/** The text of `.gitattributes` with the block's lines; without any, without the block. */
export function withAttributes(text: string, lines: readonly string[]): string {
  const start = text.indexOf(blockStart)
  const end = text.indexOf(blockEnd, start)
  const isThere = start !== -1 && end !== -1
  const before = isThere ? text.slice(0, start) : text === '' || text.endsWith('\n') ? text : `${text}\n`
  const after = isThere ? text.slice(end + blockEnd.length + 1) : ''
  const block = lines.length === 0 ? '' : `${[blockStart, ...lines, blockEnd].join('\n')}\n`
  return `${before}${block}${after}`
}

/** Writes `.gitattributes`, and removes it where nothing is left in it. */
export function writeAttributes(path: string, text: string): void {
  if (text.trim() === '') rmSync(path, { force: true })
  else writeFileSync(path, text)
}

/** Writes the settings into the repository's own config. */
export function installSettings(program: string): void {
  for (const [name, value] of gitSettings(program)) tellGit(['config', '--local', name, value])
}

/** Removes all settings of terroir's drivers; where there are none, nothing. */
export function removeSettings(): void {
  for (const section of ['diff.terroir', 'merge.terroir']) askGit(['config', '--local', '--remove-section', section])
}
