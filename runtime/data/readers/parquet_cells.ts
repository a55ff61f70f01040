/** Images in the cells of Parquet tables: a row group is decompressed once for all its images that are read in order. */
import { DataFault } from '../../../dsl/diagnostics/faults.ts'
import { isRecord } from '../../../dsl/values/json.ts'
import { openParquet, type ParquetFile, readGroup } from './parquet_file.ts'
import type { ImageLocation } from './record.ts'

type CellAt = Extract<ImageLocation, { readonly kind: 'cell' }>

/** Opens a reader of cells. It holds one row group's images in memory. */
export function createCellReader(): { readonly read: (at: CellAt) => Promise<Uint8Array> } {
  let file: { readonly path: string; readonly open: Promise<ParquetFile> } | undefined
  let unpacked: { readonly place: string; readonly rows: ReturnType<typeof readGroup> } | undefined
  return {
    async read({ path, column, row }) {
      if (file?.path !== path) file = { path, open: openParquet(path) }
      const table = await file.open
      const group = table.groups.findLastIndex(start => start <= row)
      const place = `${path} ${column} ${group}`
      if (unpacked?.place !== place)
        unpacked = { place, rows: readGroup(table, { group, columns: [column], isBinary: true }) }
      const rows = await unpacked.rows
      const cell = rows[row - (table.groups[group] ?? 0)]?.[column]
      const bytes = isRecord(cell) && 'bytes' in cell ? cell.bytes : cell
      if (bytes instanceof Uint8Array && bytes.length > 0) return bytes
      throw new DataFault(`Row ${row} of ${path} has no bytes in its column '${column}'`, {
        file: path,
        item: `row ${row}`,
      })
    },
  }
}
