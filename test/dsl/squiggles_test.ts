/** Errors of an editor on wrong wiring: the TypeScript compiler checks wrong lines, each with its expected message. */
import { join } from 'node:path'
import { Project, ts } from 'ts-morph'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { loadRecipe } from '../../dsl/compile/load.ts'
import { convertRecipe } from '../../dsl/print/convert.ts'
import { projectRoot } from '../support.ts'

const right = `import { bpe, crawl, folder, mammut, mix, param, recipe, retrieval, rules, train } from '../../dsl/mod.ts'
const photos = folder({ path: 'photos' })
const tower = { width: 32, layers: 2, heads: 2 }
const small = mammut({ vision: tower, text: tower, tokenizer: bpe({ from: [photos.train] }) })
const first = { name: 'first', data: photos.train, samples: '1k', learning_rate: param('rate') } as const
const run = train({ model: small, phases: [first] })
export default recipe({ name: 'right', sources: { photos }, models: { small }, train: { run } })
`

/** A wrong line, the text under the squiggle, and the sentence that tells it. */
const wrong: readonly (readonly [line: string, at: string, says: string])[] = [
  ['rules({ from: small })', 'from', 'a dataset belongs here: a source, a filter, or a split such as places.train'],
  ['rules({ from: run })', 'from', 'a dataset belongs here'],
  ["rules({ from: 'photos' })", 'from', 'is not assignable to type'],
  ['retrieval({ model: small, data: photos.test })', 'model', 'a trained model belongs here: train({ ... }), distill'],
  ['retrieval({ model: run, data: run })', 'data', 'a dataset belongs here'],
  ['train({ model: run, phases: [first] })', 'model', 'an architecture belongs here, such as mammut({ ... })'],
  ['mammut({ vision: tower, text: tower, tokenizer: small })', 'tokenizer', 'a tokenizer belongs here, such as bpe'],
  ['mix([[small, 1]])', 'small', 'a dataset belongs here'],
  ['rules({ from: photos, min_word: 3 })', 'min_word', "Did you mean to write 'min_words'?"],
  ["folder({ path: 'a', tile_size: '80' })", 'tile_size', "Type 'string' is not assignable to type 'number'"],
  [
    "crawl({ imagery: 'blue-marbel', table: 't' })",
    'imagery',
    `'"blue-marbel"' is not assignable to type '"blue-marble"'`,
  ],
  ["crawl({ imagery: 'blue-marble' })", "{ imagery: 'blue-marble' }", "Property 'table' is missing"],
  ["recipe({ name: 'x', sources: { a: retrieval({ model: run, data: photos }) } })", 'a', 'a dataset belongs here'],
]

const openProject = (): Project =>
  new Project({
    compilerOptions: {
      strict: true,
      noEmit: true,
      allowImportingTsExtensions: true,
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      types: [],
    },
  })

const textOf = (diagnostic: ts.Diagnostic): string => ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n')

test('the quickstart as TypeScript has no squiggle, parameters included', async () => {
  const project = openProject()
  const text = await convertRecipe(await loadRecipe(join(projectRoot, 'recipes/quickstart.yaml')))
  const file = project.createSourceFile(
    join(projectRoot, 'test/dsl/quickstart.ts'),
    text.replace("from 'terroir'", "from '../../dsl/mod.ts'"),
  )
  const told = project.getProgram().getSemanticDiagnostics(file)
  assert.equal(
    told.map(one => `${one.getLineNumber()}: ${textOf(one.compilerObject)}`),
    [],
  )
})

test('wrong wiring is a squiggle under what is wrong, and its text is a sentence', () => {
  const project = openProject()
  const file = project.createSourceFile(
    join(projectRoot, 'test/dsl/wrong.ts'),
    right + wrong.map(([line]) => `${line}\n`).join(''),
  )
  const told = project.getProgram().getSemanticDiagnostics(file)
  const rightLines = right.split('\n').length
  assert.equal(
    told.map(one => one.getLineNumber()),
    wrong.map((_, index) => rightLines + index),
    told.map(one => textOf(one.compilerObject)).join('\n'),
  )
  for (const [index, [line, at, says]] of wrong.entries()) {
    const diagnostic = told[index]?.compilerObject
    const { start = 0, length = 0 } = diagnostic ?? {}
    assert.is(file.getFullText().slice(start, start + length), at, line)
    assert.match(diagnostic ? textOf(diagnostic) : '', says, line)
  }
})

test.run()
