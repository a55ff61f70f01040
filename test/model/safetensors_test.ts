import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { DataFault } from '../../dsl/diagnostics/faults.ts'
import { readTokenizer } from '../../runtime/data/read_tokenizer.ts'
import { floats, hostArray, ints } from '../../runtime/engine/mod.ts'
import { readOpenClipWeights } from '../../runtime/model/openclip.ts'
import { readSafetensors, requireShapes, writeSafetensors } from '../../runtime/model/safetensors.ts'
import { inTempFolder } from '../support.ts'
import { clipConfig, clipWeights } from './tiny_clip.ts'

type Entry = { readonly dtype: string; readonly shape: unknown; readonly data_offsets: unknown }

/** The bytes of a file with a header, which is any text or value, and data. */
function fileOf(header: unknown, data: Uint8Array = new Uint8Array(), length?: bigint): Buffer {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header))
  const head = Buffer.alloc(8)
  head.writeBigUInt64LE(length ?? BigInt(text.length))
  return Buffer.concat([head, text, data])
}

/** The fault of reading a file of these bytes, with the path as FILE. */
const faultOf = (bytes: Uint8Array): Promise<DataFault> =>
  inTempFolder(async folder => {
    const path = join(folder, 'w.safetensors')
    await writeFile(path, bytes)
    try {
      await readSafetensors(path)
    } catch (error) {
      if (!(error instanceof DataFault)) throw error
      assert.is(error.place.file, path)
      return new DataFault(error.message.replace(path, 'FILE'), { item: error.place.item })
    }
    return assert.unreachable() as never
  })

const f32 = (shape: unknown, offsets: unknown): Entry => ({ dtype: 'F32', shape, data_offsets: offsets })
const eight = new Uint8Array(8)

test('arrays of every dtype that is read keep their numbers', () =>
  inTempFolder(async folder => {
    const path = join(folder, 'w.safetensors')
    const half = Buffer.from(Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x7c00, 0x7e00, 0x0400, 0x83ff).buffer)
    const brain = Buffer.from(Uint16Array.of(0x3f80, 0xc040, 0x7f80, 0x0001).buffer)
    const parts: readonly (readonly [string, readonly number[], Buffer])[] = [
      ['F32', [2], Buffer.from(Float32Array.of(0.1, -3).buffer)],
      ['F16', [7], half],
      ['BF16', [2, 2], brain],
      ['F64', [], Buffer.from(Float64Array.of(0.1).buffer)],
      ['I32', [1], Buffer.from(Int32Array.of(-7).buffer)],
      ['I64', [2], Buffer.from(BigInt64Array.of(5n, -6n).buffer)],
      ['BOOL', [3], Buffer.from([1, 0, 1])],
      ['F32', [0, 4], Buffer.alloc(0)],
    ]
    let at = 0
    const header = Object.fromEntries(
      parts.map(([dtype, shape, data], i) => {
        at += data.length
        return [`a${i}`, { dtype, shape, data_offsets: [at - data.length, at] }]
      }),
    )
    await writeFile(
      path,
      fileOf({ __metadata__: { format: 'pt' }, ...header }, Buffer.concat(parts.map(([, , data]) => data))),
    )
    const { arrays, metadata } = await readSafetensors(path)
    assert.equal(metadata, { format: 'pt' })
    assert.equal(
      Object.values(arrays).map(({ dtype, shape, data }) => [dtype, shape, [...data]]),
      [
        ['float32', [2], [Math.fround(0.1), -3]],
        ['float32', [7], [1, -2, 2 ** -24, Number.POSITIVE_INFINITY, Number.NaN, 2 ** -14, -1023 * 2 ** -24]],
        ['float32', [2, 2], [1, -3, Number.POSITIVE_INFINITY, 2 ** -133]],
        ['float32', [], [Math.fround(0.1)]],
        ['int32', [1], [-7]],
        ['int32', [2], [5, -6]],
        ['bool', [3], [1, 0, 1]],
        ['float32', [0, 4], []],
      ],
    )
  }))

test('what is written is read back, with entries sorted and data aligned', () =>
  inTempFolder(async folder => {
    const path = join(folder, 'w.safetensors')
    const arrays = {
      b: ints(Int32Array.of(1, 2)),
      a: floats(Float32Array.of(1, 2, 3, 4), [2, 2]),
      c: hostArray(Uint8Array.of(1), { shape: [], dtype: 'bool' }),
    }
    await writeSafetensors(path, { arrays, metadata: { step: '3' } })
    const bytes = await readFile(path)
    const length = Number(bytes.readBigUInt64LE())
    assert.is((8 + length) % 8, 0)
    assert.equal(Object.keys(JSON.parse(bytes.subarray(8, 8 + length).toString())), ['__metadata__', 'a', 'b', 'c'])
    assert.equal(await readSafetensors(path), {
      arrays: { a: arrays.a, b: arrays.b, c: arrays.c },
      metadata: { step: '3' },
    })
  }))

test('names that JavaScript treats apart are names like others', () =>
  inTempFolder(async folder => {
    const path = join(folder, 'w.safetensors')
    const text =
      '{"__proto__":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"constructor":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}'
    await writeFile(path, fileOf(text, eight))
    assert.equal(Object.keys((await readSafetensors(path)).arrays), ['__proto__', 'constructor'])
  }))

test('a header is checked as a whole, before data are read', async () => {
  const cases: readonly (readonly [Uint8Array, string, string?])[] = [
    [Buffer.alloc(0), 'it has 0 bytes'],
    [Buffer.alloc(7), 'it has 7 bytes'],
    [fileOf('{}', eight, 2n ** 64n - 1n), 'the header of 18446744073709552000 bytes does not fit in it'],
    [fileOf('{}', new Uint8Array(), 3n), 'the header of 3 bytes does not fit in it'],
    [fileOf('null'), 'its header is not a JSON object'],
    [fileOf('[]'), 'its header is not a JSON object'],
    [fileOf('5'), 'its header is not a JSON object'],
    [fileOf('['.repeat(100_000)), 'its header is not a JSON object'],
    [fileOf(Buffer.from([0x22, 0xff, 0x22]).toString('latin1')), 'its header is not a JSON object'],
    [fileOf({ __metadata__: { step: 5 } }), 'its __metadata__ is not a record of texts', '__metadata__'],
    [fileOf({ __metadata__: 'x' }), 'its __metadata__ is not a record of texts', '__metadata__'],
    [fileOf({ a: 5 }, eight), "the entry of 'a'", 'a'],
    [fileOf({ a: { shape: [1], data_offsets: [0, 8] } }, eight), "the dtype of 'a'", 'a'],
    [fileOf({ a: f32([-1, -1], [0, 4]) }, eight), "the shape [-1,-1] of 'a'", 'a'],
    [fileOf({ a: f32(['visual.proj'], [0, 4]) }, eight), 'the shape ["visual.proj"] of \'a\'', 'a'],
    [fileOf({ a: f32([0.5], [0, 4]) }, eight), "the shape [0.5] of 'a'", 'a'],
    [fileOf({ a: f32(2, [0, 8]) }, eight), "the shape 2 of 'a'", 'a'],
    [fileOf({ a: f32(undefined, [0, 8]) }, eight), "the shape nothing of 'a'", 'a'],
    [fileOf({ a: f32(new Array(999).fill(-1), [0, 8]) }, eight), `the shape [${'-1,'.repeat(26)}-... of 'a'`, 'a'],
    [fileOf({ a: f32([2], [-8, 4]) }, eight), "the data_offsets [-8,4] of 'a'", 'a'],
    [fileOf({ a: f32([1], [0.5, 4.5]) }, eight), "the data_offsets [0.5,4.5] of 'a'", 'a'],
    [fileOf({ a: f32([1], ['x', {}]) }, eight), 'the data_offsets ["x",{}] of \'a\'', 'a'],
    [fileOf({ a: f32([2], [0, 4, 8]) }, eight), "the data_offsets [0,4,8] of 'a'", 'a'],
    [fileOf({ a: f32([2], [0]) }, eight), "the data_offsets [0] of 'a'", 'a'],
    [fileOf({ a: f32([1], [0, 3]) }, eight), "the data_offsets [0,3], which do not fit F32 of shape [1], of 'a'", 'a'],
    [fileOf({ a: f32([10 ** 15], [0, 8]) }, eight), "which do not fit F32 of shape [1000000000000000], of 'a'", 'a'],
    [fileOf({ a: { dtype: 'F4', shape: [2], data_offsets: [8, 0] } }, eight), 'which do not fit F4 of shape [2]', 'a'],
    [fileOf({ a: f32([4], [0, 16]) }, eight), "the data of 'a' end at byte 79 of 71", 'a'],
    [fileOf({ a: f32([1], [4, 8]) }, eight), "the data of 'a' begin at byte 66, but those before end at byte 62", 'a'],
    [
      fileOf({ b: f32([2], [0, 8]), a: f32([2], [0, 8]) }, eight),
      "the data of 'a' begin at byte 115, but those before end at byte 123",
      'a',
    ],
    [fileOf({ a: f32([1], [0, 4]) }, eight), 'its arrays end at byte 66 of 70'],
  ]
  for (const [bytes, told, item] of cases) {
    const { message, place } = await faultOf(bytes)
    assert.match(message, "'FILE' is not a whole safetensors file: ")
    assert.ok(message.includes(told), `${message} tells ${told}`)
    assert.is(place.item, item, message)
  }
})

test('arrays that map the same bytes many times take no memory', async () => {
  const many = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`a${i}`, f32([5000], [0, 20_000])]))
  const { message } = await faultOf(fileOf(many, new Uint8Array(20_000)))
  assert.match(message, /begin at byte \d+, but those before end at byte/)
})

test('files of other kinds are named', async () => {
  const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 605219813\n'
  assert.is(
    (await faultOf(Buffer.from(pointer))).message,
    "'FILE' is no safetensors file: it is a pointer of Git LFS, not the file itself; run 'git lfs pull'",
  )
  assert.is(
    (await faultOf(Buffer.from('PK\u0003\u0004 and so on'))).message,
    "'FILE' is no safetensors file: it is a ZIP archive; save the checkpoint of PyTorch as safetensors",
  )
  await inTempFolder(async folder => {
    const path = join(folder, 'tokenizer.json')
    const messageOf = () => readTokenizer(path).then(String, (error: Error) => error.message)
    await writeFile(path, pointer)
    assert.is(
      await messageOf(),
      `"${path}" is no tokenizer: it is a pointer of Git LFS, not the file itself; run 'git lfs pull'`,
    )
    await writeFile(path, '{"model":')
    assert.match(await messageOf(), /tokenizer\.json" is no byte-level BPE tokenizer/)
  })
})

const weights = clipWeights(clipConfig)

/** Entries and data of a file with the weights of the tiny model, changed by name. */
async function clipFile(
  path: string,
  change: (name: string, entry: Entry, data: Buffer) => readonly (readonly [string, Entry, Buffer])[],
): Promise<void> {
  let at = 0
  const parts = Object.entries(weights).flatMap(([name, { data, shape }]) =>
    change(name, f32(shape, []), Buffer.from(data.buffer, data.byteOffset, data.byteLength)),
  )
  const header = Object.fromEntries(
    parts.map(([name, entry, data]) => {
      at += data.length
      return [name, { ...entry, data_offsets: [at - data.length, at] }]
    }),
  )
  await writeFile(path, fileOf(header, Buffer.concat(parts.map(([, , data]) => data))))
}

/** The weights of the tiny model from a file that was changed, or its fault. */
const read = (
  change: Parameters<typeof clipFile>[1],
): Promise<Awaited<ReturnType<typeof readOpenClipWeights>> | string> =>
  inTempFolder(async folder => {
    const path = join(folder, 'clip.safetensors')
    await clipFile(path, change)
    return readOpenClipWeights(path, clipConfig).catch((error: unknown) => {
      if (error instanceof DataFault && error.place.file === path) return error.message.replace(path, 'FILE')
      throw error
    })
  })

test('weights are read from the forms that programs leave them in', async () => {
  const text = (name: string) => (/^(visual|logit_scale)/.test(name) ? name : `text.${name}`)
  for (const [what, change] of [
    ['as they are', (name, entry, data) => [[name, entry, data]]],
    ['of distributed training', (name, entry, data) => [[`module.${name}`, entry, data]]],
    ['of a compiled module in a wrapper', (name, entry, data) => [[`model._orig_mod.${name}`, entry, data]]],
    ['with a text tower apart', (name, entry, data) => [[text(name), entry, data]]],
    ['with both', (name, entry, data) => [[`module.${text(name)}`, entry, data]]],
    [
      'with a logit scale of one element',
      (name, entry, data) => [[name, name === 'logit_scale' ? { ...entry, shape: [1] } : entry, data]],
    ],
    [
      'with arrays that no model uses',
      (name, entry, data) => [
        [name, entry, data],
        ...(name === 'visual.proj'
          ? ([['num_batches', { ...entry, dtype: 'U8', shape: [1] }, Buffer.alloc(1)]] as const)
          : []),
        ...(name === 'visual.proj'
          ? ([['scales', { ...entry, dtype: 'F8_E4M3', shape: [2] }, Buffer.alloc(2)]] as const)
          : []),
      ],
    ],
  ] as readonly (readonly [string, Parameters<typeof clipFile>[1]])[])
    assert.equal(await read(change), weights, what)
})

test('weights of 16 bits are read as the numbers that they are', async () => {
  const brain = await read((name, entry, data) => {
    const short = Buffer.alloc(data.length / 2)
    for (let i = 0; i < data.length / 4; i++) short.writeUInt16LE(data.readUInt16LE(4 * i + 2), 2 * i)
    return [[name, { ...entry, dtype: 'BF16' }, short]]
  })
  if (typeof brain === 'string') throw new Error(brain)
  for (const [name, { data }] of Object.entries(weights))
    for (const [i, value] of data.entries()) {
      const found = brain[name]?.data[i] ?? Number.NaN
      assert.ok(Math.abs(found - value) <= Math.abs(value) / 128, `${name}[${i}] is ${found}, not ${value}`)
    }
})

/** The fault of reading changed weights. */
async function told(change: Parameters<typeof clipFile>[1]): Promise<string> {
  const found = await read(change)
  if (typeof found === 'string') return found
  return assert.unreachable('the weights are read') as never
}

test('weights that cannot be read say what is there', async () => {
  const same = (name: string, entry: Entry, data: Buffer) => [[name, entry, data]] as const
  assert.match(
    await told((name, entry, data) => (name === 'ln_final.bias' ? [] : same(name, entry, data))),
    /^'FILE' has no parameter 'ln_final\.bias'; it holds 'positional_embedding', .* and \d+ more$/,
  )
  assert.is(
    await read((name, entry, data) => same(name, name === 'visual.proj' ? { ...entry, shape: [8, 16] } : entry, data)),
    "Parameter 'visual.proj' of the model in 'FILE' has shape [8,16], not [16,8]",
  )
  assert.is(
    await read((name, entry, data) => {
      const broken = Buffer.from(data)
      if (name === 'visual.proj') broken.writeFloatLE(Number.NaN, 40)
      return same(name, entry, broken)
    }),
    "Parameter 'visual.proj' of 'FILE' has a value that is not finite",
  )
  assert.match(
    await told((name, entry, data) =>
      same(name, name === 'visual.proj' ? { ...entry, dtype: 'I16', shape: [16, 8, 2] } : entry, data),
    ),
    /^Parameter 'visual\.proj' .* has shape \[16,8,2\]/,
  )
  assert.is(
    await read((name, entry, data) =>
      name === 'visual.proj'
        ? same(name, { ...entry, dtype: 'U16' }, data.subarray(0, data.length / 2))
        : same(name, entry, data),
    ),
    "The array 'visual.proj' of 'FILE' has dtype U16; F32, F16, BF16, F64, I32, I64, BOOL can be read",
  )
  assert.is(
    await read((name, entry, data) =>
      ['student.', 'teacher.'].map(prefix => [`${prefix}${name}`, entry, data] as const),
    ),
    "'FILE' holds several models, with the prefixes 'student.', 'teacher.'; save one of them in a file of its own",
  )
  assert.is(
    await read((name, entry, data) => same(`vision_model.encoder.${name}`.replace('visual.conv1', 'x'), entry, data)),
    "'FILE' names its parameters as Hugging Face's transformers do, not as OpenCLIP does; name the open_clip_model.safetensors of the model",
  )
  const deeper = 'visual.transformer.resblocks.2.ln_1.bias'
  assert.is(
    await read((name, entry, data) => [
      [name, entry, data],
      ...(name === 'visual.ln_post.bias' ? ([[deeper, entry, data]] as const) : []),
    ]),
    `'FILE' has more blocks than the dimensions of the model: '${deeper}'; check architecture and layers`,
  )
})

test('shapes are required by name', () => {
  assert.not.throws(() => requireShapes({ a: floats(Float32Array.of(1, 2)) }, { a: [2] }, 'x'))
  assert.throws(
    () => requireShapes({}, { a: [2] }, 'x'),
    /Parameter 'a' of the model in 'x' has shape \[none\], not \[2\]/,
  )
  assert.throws(() => requireShapes({ a: floats(Float32Array.of(1, 2)) }, { a: [] }, 'x'), /has shape \[2\], not \[\]/)
})

test.run()
