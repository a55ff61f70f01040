/** Files and folders that sources name. */
import { join } from 'node:path'
import { tarBeside } from '../values/braces.ts'
import type { ValuePath } from '../values/located.ts'
import type { Entry } from './filled.ts'

/** A path that a source names, relative to the recipe's folder, braces as they are written. */
export interface NamedPath {
  readonly path: string
  /** Where in the source it is written. */
  readonly at: ValuePath
  readonly wanted: 'file' | 'folder'
  /** Lies inside or beside one that the source names before. */
  readonly near?: 'inside' | 'beside'
  /** Whether braces stand for several files. */
  readonly hasBraces?: boolean
}

/** Every path that a source names. */
export function namedPaths(source: Entry<'sources'>): readonly NamedPath[] {
  switch (source.kind) {
    case 'landmarks':
    case 'crawl':
      return [{ path: source.table, at: ['table'], wanted: 'file' }]
    case 'folder': {
      const { path, captions, images } = source
      const inside = (file: string, at: ValuePath): NamedPath => ({
        path: join(path, file),
        at,
        wanted: 'file',
        near: 'inside',
      })
      return [
        { path, at: ['path'], wanted: 'folder' },
        ...(typeof captions === 'string' ? [inside(captions, ['captions'])] : []),
        ...(typeof captions === 'object' ? [inside(captions.file, ['captions', 'file'])] : []),
        ...(images === undefined ? [] : [{ path: images, at: ['images'], wanted: 'folder' as const }]),
      ]
    }
    case 'karpathy':
      return [
        { path: source.json, at: ['json'], wanted: 'file' },
        { path: source.images, at: ['images'], wanted: 'folder' },
      ]
    case 'webdataset':
      return listed(source.shards, 'shards')
    case 'parquet': {
      const { files, image } = source
      return [
        ...listed(files, 'files'),
        ...(image.kind === 'tar' ? listed(files, 'files').map(tar) : []),
        ...(image.kind === 'paths' ? [{ path: image.folder, at: ['image', 'folder'], wanted: 'folder' as const }] : []),
      ]
    }
  }
}

const tar = (named: NamedPath): NamedPath => ({ ...named, path: tarBeside(named.path), near: 'beside' })

const listed = (paths: string | readonly string[], field: string): readonly NamedPath[] =>
  typeof paths === 'string'
    ? [{ path: paths, at: [field], wanted: 'file', hasBraces: true }]
    : paths.map((path, index) => ({ path, at: [field, index], wanted: 'file', hasBraces: true }))
