/** Mutants of a module: changes in one place each that a test should notice. */
import { SyntaxKind as Kind, ts } from 'ts-morph'

/** What replaces an operator or a name of a method. */
const swaps: Readonly<Record<string, string>> = {
  ...{ '+': '-', '-': '+', '*': '/', '/': '*', '%': '*', '**': '*', '+=': '-=', '-=': '+=', '*=': '/=', '/=': '*=' },
  ...{ '<': '<=', '<=': '<', '>': '>=', '>=': '>', '===': '!==', '!==': '===', '&&': '||', '||': '&&', '??': '&&' },
  ...{
    round: 'floor',
    floor: 'ceil',
    ceil: 'floor',
    trunc: 'ceil',
    min: 'max',
    max: 'min',
    some: 'every',
    every: 'some',
  },
  ...{
    minimum: 'maximum',
    maximum: 'minimum',
    mean: 'sum',
    sum: 'mean',
    add: 'sub',
    sub: 'add',
    mul: 'div',
    div: 'mul',
  },
}
const removable = /^(filter|sort|toSorted|reverse|toReversed|slice|trim|flat|toLowerCase)$/
const messages = /^(message|hint|otherwise|description|what)$/

/** A change of a compiled module: a text for what lies between two offsets. */
export interface Mutant {
  readonly file: string
  readonly start: number
  readonly end: number
  readonly text: string
  /** Offset that is executed where the mutant is; V8 counts an operator to its right side, which may be skipped. */
  readonly place: number
}

/** Fallbacks that only `noUncheckedIndexedAccess` asks for, and texts of messages: no test can or should notice these. */
function isExempt(node: ts.Node): boolean {
  const { parent } = node
  if (ts.isThrowStatement(parent) || ts.isImportDeclaration(parent) || ts.isExportDeclaration(parent)) return true
  if (ts.isNewExpression(node) && node.expression.getText().endsWith('Error')) return true
  if (ts.isPropertyAssignment(parent) && (node === parent.name || messages.test(parent.name.getText()))) return true
  if (ts.isBindingElement(parent) && ts.isArrayBindingPattern(parent.parent)) return node === parent.initializer
  const isFallback = ts.isBinaryExpression(parent) && parent.operatorToken.kind === Kind.QuestionQuestionToken
  return isFallback && node === parent.right && /(\]|\.at\([^()]+\))$/.test(parent.left.getText())
}

/** Tests if a template is a sentence for people, with what is inserted into it. */
function isSentence({ head, templateSpans }: ts.TemplateExpression): boolean {
  return /[a-z]{2,}.* | .*[a-z]{2,}/.test(
    [head, ...templateSpans.map(({ literal }) => literal)].map(({ text }) => text).join(''),
  )
}

/** Every mutant of a module that has this code. */
export function mutantsOf(file: string, code: string): readonly Mutant[] {
  const source = ts.createSourceFile(file, code, ts.ScriptTarget.ES2023, true)
  const mutants: Mutant[] = []
  const put = (node: ts.Node, ...texts: readonly string[]): void => {
    const isOperator = ts.isBinaryExpression(node.parent) && node === node.parent.operatorToken
    const place = (isOperator ? node.parent : node).getStart()
    for (const text of texts) mutants.push({ file, start: node.getStart(), end: node.end, text, place })
  }
  const isText = (node: ts.Node): boolean => ts.isStringLiteralLike(node) || ts.isTemplateExpression(node)
  const isEquality = (node: ts.Node): boolean =>
    ts.isBinaryExpression(node) && /^[!=]==$/.test(node.operatorToken.getText())
  const negate = (node: ts.Node): void => {
    const isNegation = ts.isPrefixUnaryExpression(node) && node.operator === Kind.ExclamationToken
    if (!isEquality(node) && !isNegation) put(node, `!(${node.getText()})`)
  }
  /** A helper that the compiler puts before a module, such as `__rewriteRelativeImportExtension`. */
  const isHelper = (node: ts.Node): boolean => ts.isVariableStatement(node) && /^var __/.test(node.getText())
  const visit = (node: ts.Node): void => {
    if (isHelper(node)) return
    if (node !== source && isExempt(node)) return
    if (ts.isTemplateExpression(node) && isSentence(node)) return
    const text = node.getText()
    if (ts.isBinaryExpression(node)) {
      const swap = swaps[node.operatorToken.getText()]
      if (swap !== undefined && !isText(node.left) && !isText(node.right)) put(node.operatorToken, swap)
    } else if (ts.isPrefixUnaryExpression(node) && /^[!-]/.test(text)) put(node, node.operand.getText())
    else if (ts.isNumericLiteral(node))
      put(
        node,
        ...(text === '0' ? ['1'] : text === '1' ? ['0', '2'] : [`(${text} + 1)`, `(${text} * 2)`, `(${text} / 2)`]),
      )
    else if (text === 'true' || text === 'false') put(node, text === 'true' ? 'false' : 'true')
    else if (isText(node) && text.length > 2 && !/\s/.test(text)) put(node, "''")
    else if (ts.isIfStatement(node) || ts.isConditionalExpression(node))
      negate(ts.isIfStatement(node) ? node.expression : node.condition)
    else if (ts.isThrowStatement(node) || ts.isContinueStatement(node) || ts.isBreakStatement(node)) put(node, ';')
    else if (ts.isExpressionStatement(node) && !/^(super|console)\b/.test(text) && !isText(node.expression))
      put(node, ';')
    else if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
      const { expression: receiver, name } = node.expression
      const isLibrary = /^(tf|Math)$/.test(receiver.getText())
      const swap = swaps[name.text]
      if (swap !== undefined && (isLibrary || /some|every/.test(name.text))) put(name, swap)
      else if (removable.test(name.text) && !ts.isExpressionStatement(node.parent)) put(node, receiver.getText())
      else if (isLibrary && node.arguments.length === 1) put(node, `(${node.arguments[0]?.getText()})`)
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return mutants
}
