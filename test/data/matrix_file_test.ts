import { readFile, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { createMatrix, readMatrix, readMatrixRows } from '../../runtime/data/matrix_file.ts'
import { inTempFolder } from '../support.ts'

test('the bytes are those that numpy.save writes', () =>
  inTempFolder(async folder => {
    const file = join(folder, 'm.npy')
    const writer = await createMatrix(file, { rows: 2, columns: 3 })
    await writer.append(Float32Array.of(1, 2, 3))
    await writer.append(Float32Array.of(4, 5, 6))
    await writer.close()
    const bytes = await readFile(file)
    // numpy 2.4: np.save(f, np.arange(1, 7, dtype='<f4').reshape(2, 3))
    const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }`
    assert.is(bytes.subarray(0, 128).toString('latin1'), `\x93NUMPY\x01\x00v\x00${header.padEnd(117)}\n`)
    assert.equal([...new Float32Array(bytes.buffer.slice(bytes.byteOffset + 128))], [1, 2, 3, 4, 5, 6])
  }))

test('rows come back as they were written, all of them or those that are chosen', () =>
  inTempFolder(async folder => {
    const file = join(folder, 'm.npy')
    const sides = fc.record({
      rows: fc.nat(40),
      columns: fc.integer({ min: 1, max: 9 }),
      step: fc.integer({ min: 1, max: 4 }),
    })
    await fc.assert(
      fc.asyncProperty(sides, async ({ rows, columns, step }) => {
        const values = Float32Array.from({ length: rows * columns }, (_, i) => i / 3)
        const writer = await createMatrix(file, { rows, columns })
        for (let row = 0; row < rows; row += step)
          await writer.append(values.subarray(row * columns, Math.min(rows, row + step) * columns))
        await writer.close()
        assert.equal(await readMatrix(file), { rows, columns, values })
        const some = await readMatrix(file, row => row % step === 0)
        const expected = [...values].filter((_, i) => Math.floor(i / columns) % step === 0)
        assert.equal([some.rows, [...some.values]], [Math.ceil(rows / step), expected])
        const streamed: number[] = []
        for await (const row of readMatrixRows(file)) streamed.push(...row)
        assert.equal(streamed, [...values])
      }),
      { numRuns: 20 },
    )
  }))

test('more rows than a block are read block by block', () =>
  inTempFolder(async folder => {
    const file = join(folder, 'm.npy')
    const [rows, columns] = [2500, 1000]
    const writer = await createMatrix(file, { rows, columns })
    for (let row = 0; row < rows; row++) await writer.append(new Float32Array(columns).fill(row))
    await writer.close()
    const { values } = await readMatrix(file, row => row % 1000 === 499)
    assert.equal([values[0], values[1999], values[2000], values.length], [499, 1499, 2499, 3000])
    assert.ok((await readMatrix(file)).values.every((value, i) => value === Math.floor(i / columns)))
  }))

test('a file that is cut short, another file, and a wrong number of rows are told', () =>
  inTempFolder(async folder => {
    const file = join(folder, 'm.npy')
    const faultOf = (work: Promise<unknown>) =>
      work.then(
        () => 'none',
        (error: Error) => error.message,
      )
    const writer = await createMatrix(file, { rows: 2, columns: 2 })
    await writer.append(Float32Array.of(1, 2))
    assert.match(await faultOf(writer.close()), 'got 2 values instead of 2 x 2')
    assert.match(await faultOf(readMatrix(file)), 'm.npy ends before its last row')
    await truncate(file, 5)
    assert.match(await faultOf(readMatrix(file)), 'm.npy ends before its last row')
    await writeFile(file, Buffer.alloc(200))
    assert.match(await faultOf(readMatrix(file)), 'm.npy is no matrix of float32')
  }))

test.run()
