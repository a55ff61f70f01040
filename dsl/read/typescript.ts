/** Reads TypeScript recipes: the same located values as YAML's, from the syntax alone. */
import { Node, Project, type SourceFile } from 'ts-morph'
import { type Diagnostic, diagnose, isClean } from '../diagnostics/diagnostic.ts'
import type { SourceText, Span } from '../values/located.ts'
import { type Evaluating, notStatic } from './evaluating.ts'
import { disk, type Files, type ReadSourceOptions, readSource } from './file.ts'
import { constant, defaultOf, isLanguage } from './static.ts'
import { wire } from './wiring.ts'
import type { ReadValue } from './yaml.ts'

/** Reads a recipe that is the default export of a file; `files` is where its imports are read from. */
export function readTypeScript(source: SourceText, files: Files = disk): ReadValue {
  const project = new Project({
    useInMemoryFileSystem: true,
    compilerOptions: { noLib: true, resolveJsonModule: true },
  })
  const state: Evaluating = {
    project,
    diagnostics: [],
    made: new Map(),
    uses: new Map(),
    constants: new Map(),
    declarations: new Map(),
    sizes: new Map(),
    reported: new Set(),
    steps: 0,
    isStopped: false,
    open: (path, asked) => openFile(state, path, { asked, files }),
  }
  try {
    const file = addFile(state, source)
    if (!isClean(state.diagnostics)) return { diagnostics: state.diagnostics }
    const value = defaultOf(state, file)
    if (value === undefined) return { diagnostics: [...state.diagnostics, noDefault(source)] }
    checkConstants(state, file)
    if (!isClean(state.diagnostics)) return { diagnostics: state.diagnostics }
    const wired = wire(value, state)
    return { value: wired.value, diagnostics: wired.diagnostics }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    return {
      diagnostics: [
        diagnose('too-deep', startOf(source), { message: `'${source.name}' is nested too deeply to be read` }),
      ],
    }
  }
}

const startOf = (source: SourceText): Span => ({ source, start: 0, end: 0 })

function noDefault(source: SourceText): Diagnostic {
  return diagnose('empty-recipe', startOf(source), {
    message: `'${source.name}' exports no recipe`,
    fix: { hint: "write 'export default recipe({ ... })'" },
  })
}

function openFile(state: Evaluating, path: string, reading: ReadSourceOptions): SourceFile | undefined {
  const known = state.project.getSourceFile(path)
  if (known) return known
  const read = readSource(path, reading)
  if ('source' in read) return addFile(state, read.source)
  state.diagnostics.push(read.fault)
  return undefined
}

/** Evaluates constants that nothing uses as well: code that would have to run is reported even if it changes nothing. */
function checkConstants(state: Evaluating, file: SourceFile): void {
  for (const declaration of file.getVariableDeclarations()) {
    const name = declaration.getNameNode()
    if (Node.isIdentifier(name)) constant(state, file, { name: name.getText(), asked: name })
  }
}

/** Parses a file and checks that it holds declarations only. */
function addFile(state: Evaluating, source: SourceText): SourceFile {
  const file = state.project.createSourceFile(source.path, source.text)
  const [fault] = state.project.getProgram().getSyntacticDiagnostics(file)
  if (fault) {
    const start = fault.getStart()
    const text = fault.getMessageText()
    const message = (typeof text === 'string' ? text : text.getMessageText()).replace(/\.$/, '')
    state.diagnostics.push(
      diagnose('typescript-syntax', { source, start, end: start + fault.getLength() }, { message }),
    )
  } else if (!source.path.endsWith('.json'))
    for (const statement of file.getStatements()) checkStatement(state, statement)
  return file
}

/** Allows imports of data and of the language, constants, types and exports; other statements would have to run. */
function checkStatement(state: Evaluating, statement: Node): void {
  if (Node.isImportDeclaration(statement)) {
    const from = statement.getModuleSpecifierValue()
    const isData = from.startsWith('.') && /\.(?:ts|json)$/.test(from)
    if (!statement.getImportClause()) notStatic(state, statement, 'imports nothing by name')
    else if (!isData && !isLanguage(from)) notStatic(state, statement, 'imports what is no recipe or JSON file')
  } else if (Node.isVariableStatement(statement)) {
    if (statement.getDeclarationKind() !== 'const') notStatic(state, statement, "is no 'const'")
  } else if (
    !Node.isExportAssignment(statement) &&
    !Node.isTypeAliasDeclaration(statement) &&
    !Node.isInterfaceDeclaration(statement)
  )
    notStatic(state, statement)
}
