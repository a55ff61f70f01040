/** Files that operating systems, editors and notebooks leave in folders and archives. */

/** Names of files and folders, in lower case. */
const names: ReadonlySet<string> = new Set([
  '.ds_store',
  '__macosx',
  '.appledouble',
  '.lsoverride',
  '.spotlight-v100',
  '.trashes',
  '.fseventsd',
  '.temporaryitems',
  '.documentrevisions-v100',
  '.apdisk',
  'thumbs.db',
  'thumbs.db:encryptable',
  'ehthumbs.db',
  'desktop.ini',
  '$recycle.bin',
  'system volume information',
  '.directory',
  'lost+found',
  '@eadir',
  '.ipynb_checkpoints',
  '__pycache__',
  '.git',
  '.svn',
  '.hg',
  '.idea',
  '.vscode',
])

/** Resource forks, backups, swap files, and locks of editors and of network file systems. */
const patterns: readonly RegExp[] = [
  /^\._/,
  /~$/,
  /^~\$/,
  /^\..*\.sw[a-p]$/i,
  /\.swp$/i,
  /^#.*#$/,
  /^\.#/,
  /^\.~lock\..*#$/,
  /^\.nfs[0-9a-f]+$/i,
  /^\.fuse_hidden/,
  /^\.Trash-/,
  /^Icon\r$/,
]

/** True if the name of a file or folder is one of those that an operating system or an editor leaves behind. */
const isLitterName = (name: string): boolean =>
  names.has(name.toLowerCase()) || patterns.some(pattern => pattern.test(name))

/** True if a path, with `/` or `\` between folders, is litter or lies in a folder that is. */
export const isLitter = (path: string): boolean => path.split(/[/\\]/).some(isLitterName)
