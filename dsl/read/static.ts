/** Evaluates TypeScript expressions from their syntax. Nothing is executed: an expression that is no data is a diagnostic. */
import { dirname, resolve } from 'node:path'
import { Node, type SourceFile, SyntaxKind, type VariableDeclaration } from 'ts-morph'
import type { Located, LocatedEntry, LocatedList, LocatedMap, LocatedScalar, Scalar } from '../values/located.ts'
import { type Builder, builders } from './builders.ts'
import { type BuilderUse, type Evaluating, notStatic, spanOf } from './evaluating.ts'
import { isTooLarge, joined, mostSteps, mostValues } from './limits.ts'

/** Parameters of the arrow functions around an expression. */
type Scope = ReadonlyMap<string, Located>

/** The value of an expression. One that cannot be evaluated is reported, and its value is null. */
export function evaluate(state: Evaluating, node: Node, scope: Scope = new Map()): Located {
  const scalar = (value: Scalar): LocatedScalar => ({ kind: 'scalar', value, span: spanOf(node) })
  if (state.isStopped || ++state.steps > mostSteps) {
    if (!state.isStopped) notStatic(state, node, 'takes too many steps')
    state.isStopped = true
    return scalar(null)
  }
  if (Node.isParenthesizedExpression(node) || Node.isAsExpression(node) || Node.isSatisfiesExpression(node))
    return evaluate(state, node.getExpression(), scope)
  if (Node.isStringLiteral(node) || Node.isNoSubstitutionTemplateLiteral(node)) return scalar(node.getLiteralValue())
  // Not getLiteralValue, which reads 1e-7 as 1.
  if (Node.isNumericLiteral(node)) return scalar(Number(node.getLiteralText()))
  if (Node.isTrueLiteral(node)) return scalar(true)
  if (Node.isFalseLiteral(node)) return scalar(false)
  if (Node.isNullLiteral(node)) return scalar(null)
  if (Node.isTemplateExpression(node)) {
    const parts = node
      .getTemplateSpans()
      .map(part => textOf(state, part.getExpression(), scope) + part.getLiteral().getLiteralText())
    return scalar(joined(state, [node.getHead().getLiteralText(), ...parts]))
  }
  if (Node.isPrefixUnaryExpression(node)) return scalar(negated(state, node, scope))
  if (Node.isBinaryExpression(node)) return scalar(computed(state, node, scope))
  if (Node.isArrayLiteralExpression(node))
    return bounded(state, node, { kind: 'list', items: items(state, node.getElements(), scope), span: spanOf(node) })
  if (Node.isObjectLiteralExpression(node))
    return bounded(state, node, {
      kind: 'map',
      entries: fields(state, node.getProperties(), scope),
      span: spanOf(node),
    })
  if (Node.isIdentifier(node)) return named(state, node, scope)
  if (Node.isPropertyAccessExpression(node))
    return member(state, node, { object: node.getExpression(), name: node.getName(), scope })
  if (Node.isElementAccessExpression(node)) {
    const name = textOf(state, node.getArgumentExpressionOrThrow(), scope)
    return member(state, node, { object: node.getExpression(), name, scope })
  }
  if (Node.isCallExpression(node)) return called(state, node, scope)
  return notStatic(state, node)
}

function scalarOf(state: Evaluating, node: Node, scope: Scope): Scalar {
  const value = evaluate(state, node, scope)
  if (value.kind === 'scalar') return value.value
  notStatic(state, node, 'is no single value')
  return null
}

const textOf = (state: Evaluating, node: Node, scope: Scope): string => String(scalarOf(state, node, scope))

function negated(state: Evaluating, node: Node, scope: Scope): Scalar {
  const operand = Node.isPrefixUnaryExpression(node) ? scalarOf(state, node.getOperand(), scope) : null
  const isMinus = Node.isPrefixUnaryExpression(node) && node.getOperatorToken() === SyntaxKind.MinusToken
  if (isMinus && typeof operand === 'number') return -operand
  notStatic(state, node)
  return null
}

const arithmetic: { readonly [operator: string]: (a: number, b: number) => number } = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '%': (a, b) => a % b,
  '**': (a, b) => a ** b,
}

function computed(state: Evaluating, node: Node, scope: Scope): Scalar {
  if (!Node.isBinaryExpression(node)) return null
  const operator = node.getOperatorToken().getText()
  const apply = arithmetic[operator]
  const [a, b] = apply ? [node.getLeft(), node.getRight()].map(side => scalarOf(state, side, scope)) : []
  if (typeof a === 'number' && typeof b === 'number' && apply) return apply(a, b)
  if (operator === '+' && (typeof a === 'string' || typeof b === 'string')) return joined(state, [String(a), String(b)])
  notStatic(state, node)
  return null
}

/** A new list or mapping, unless it is too large for a recipe. */
function bounded(state: Evaluating, node: Node, value: LocatedList | LocatedMap): Located {
  if (!isTooLarge(state, value)) return value
  const fault = notStatic(state, node, `holds more than ${mostValues} values`)
  state.isStopped = true
  return fault
}

function items(state: Evaluating, elements: readonly Node[], scope: Scope): readonly Located[] {
  return elements.flatMap(element => {
    if (!Node.isSpreadElement(element)) return [evaluate(state, element, scope)]
    const spread = evaluate(state, element.getExpression(), scope)
    if (spread.kind !== 'list') return [notStatic(state, element, 'spreads what is no list')]
    state.steps += spread.items.length
    return state.steps > mostSteps ? [] : spread.items
  })
}

function fields(state: Evaluating, properties: readonly Node[], scope: Scope): ReadonlyMap<string, LocatedEntry> {
  const entries = new Map<string, LocatedEntry>()
  for (const property of properties) {
    if (Node.isPropertyAssignment(property)) {
      const nameNode = property.getNameNode()
      const name = Node.isComputedPropertyName(nameNode)
        ? textOf(state, nameNode.getExpression(), scope)
        : propertyName(nameNode)
      entries.set(name, { key: spanOf(nameNode), value: evaluate(state, property.getInitializerOrThrow(), scope) })
    } else if (Node.isShorthandPropertyAssignment(property)) {
      const nameNode = property.getNameNode()
      entries.set(nameNode.getText(), { key: spanOf(nameNode), value: evaluate(state, nameNode, scope) })
    } else if (Node.isSpreadAssignment(property)) {
      const spread = evaluate(state, property.getExpression(), scope)
      if (spread.kind === 'map' && !state.uses.has(spread)) {
        state.steps += spread.entries.size
        if (state.steps > mostSteps) continue
        for (const [name, entry] of spread.entries) entries.set(name, entry)
      } else notStatic(state, property, 'spreads what is no plain object')
    } else notStatic(state, property)
  }
  return entries
}

const propertyName = (node: Node): string =>
  Node.isStringLiteral(node) || Node.isNumericLiteral(node) ? node.getLiteralText() : node.getText()

/** The value of a name. The result of a builder is used by reference, so that the span of the use is known. */
function named(state: Evaluating, node: Node, scope: Scope): Located {
  const name = node.getText()
  const value = scope.get(name) ?? constant(state, node.getSourceFile(), { name, asked: node })
  return value && isEntry(state, value) ? use(state, node, { target: value }) : (value ?? notStatic(state, node))
}

const entryRoles = new Set(['dataset', 'architecture', 'trained', 'evaluation'])

const isEntry = (state: Evaluating, value: Located): boolean => entryRoles.has(state.made.get(value)?.role ?? '')

function use(state: Evaluating, node: Node, what: BuilderUse): Located {
  const marker: LocatedMap = { kind: 'map', entries: new Map(), span: spanOf(node) }
  state.uses.set(marker, what)
  return marker
}

/** A constant of a file, or one that it imports. */
export function constant(
  state: Evaluating,
  file: SourceFile,
  { name, asked }: { readonly name: string; readonly asked: Node },
): Located | undefined {
  const declaration = declarationsOf(state, file).get(name)
  const initializer = declaration?.getInitializer()
  if (declaration?.getVariableStatement()?.getDeclarationKind() === 'const' && initializer) {
    const known = state.constants.get(declaration)
    if (known) return known
    if (state.constants.has(declaration)) return notStatic(state, asked, 'refers to itself')
    state.constants.set(declaration, undefined)
    const value = evaluate(state, initializer)
    state.constants.set(declaration, value)
    return value
  }
  for (const imported of file.getImportDeclarations()) {
    const from = imported.getModuleSpecifierValue()
    const specifier = imported
      .getNamedImports()
      .find(one => (one.getAliasNode() ?? one.getNameNode()).getText() === name)
    const isDefault = imported.getDefaultImport()?.getText() === name
    if (!specifier && !isDefault) continue
    if (!from.startsWith('.') || isLanguage(from)) return undefined
    const other = state.open(resolve(dirname(file.getFilePath()), from), spanOf(imported.getModuleSpecifier()))
    if (other === undefined) return { kind: 'scalar', value: null, span: spanOf(asked) }
    return isDefault ? defaultOf(state, other) : constant(state, other, { name: specifier?.getName() ?? '', asked })
  }
  return undefined
}

function declarationsOf({ declarations }: Evaluating, file: SourceFile): ReadonlyMap<string, VariableDeclaration> {
  const known = declarations.get(file)
  if (known) return known
  const found = new Map(file.getVariableDeclarations().map(declaration => [declaration.getName(), declaration]))
  declarations.set(file, found)
  return found
}

/** The default export of a module, or the content of a JSON file. */
export function defaultOf(state: Evaluating, file: SourceFile): Located | undefined {
  if (file.getFilePath().endsWith('.json')) {
    const [statement] = file.getStatements()
    return Node.isExpressionStatement(statement) ? evaluate(state, statement.getExpression()) : undefined
  }
  const exported = file.getExportAssignment(assignment => !assignment.isExportEquals())
  if (exported === undefined) return undefined
  if (state.constants.has(exported))
    return state.constants.get(exported) ?? notStatic(state, exported, 'refers to itself')
  state.constants.set(exported, undefined)
  const value = evaluate(state, exported.getExpression())
  state.constants.set(exported, value)
  return value
}

/** True if a module is the language's own. */
export const isLanguage = (specifier: string): boolean =>
  specifier === 'terroir' || /(?:^|\/)dsl\/mod\.ts$/.test(specifier)

interface Member {
  readonly object: Node
  readonly name: string
  readonly scope: Scope
}

/** A property access: a split of the result of a builder (`places.test`), a field or an item of other values. */
function member(state: Evaluating, node: Node, { object, name, scope }: Member): Located {
  const value = evaluate(state, object, scope)
  if (state.reported.has(value)) return value
  const used = state.uses.get(value)
  if (used)
    return used.part === undefined ? use(state, node, { target: used.target, part: name }) : notStatic(state, node)
  const found =
    value.kind === 'map'
      ? value.entries.get(name)?.value
      : value.kind === 'list'
        ? value.items[Number(name)]
        : undefined
  return found ?? notStatic(state, node, `has no '${name}'`)
}

function called(state: Evaluating, node: Node, scope: Scope): Located {
  if (!Node.isCallExpression(node)) return notStatic(state, node)
  const callee = node.getExpression()
  const [argument] = node.getArguments()
  if (Node.isIdentifier(callee)) {
    const builder = builderNamed(node.getSourceFile(), callee.getText())
    return builder && argument
      ? built(state, node, { builder, value: evaluate(state, argument, scope) })
      : notStatic(state, node)
  }
  if (!Node.isPropertyAccessExpression(callee) || argument === undefined) return notStatic(state, node)
  const method = callee.getName()
  if (callee.getText() === 'Object.fromEntries') return fromEntries(state, node, evaluate(state, argument, scope))
  if (method === 'map') return mapped(state, { node, list: callee.getExpression(), arrow: argument, scope })
  if (method === 'phase' || method === 'round')
    return member(state, node, { object: callee.getExpression(), name: textOf(state, argument, scope), scope })
  return notStatic(state, node)
}

/** The builder that a name stands for in a file. */
function builderNamed(file: SourceFile, name: string): Builder | undefined {
  for (const imported of file.getImportDeclarations().filter(one => isLanguage(one.getModuleSpecifierValue())))
    for (const specifier of imported.getNamedImports())
      if ((specifier.getAliasNode() ?? specifier.getNameNode()).getText() === name)
        return builders.get(specifier.getName())
  return undefined
}

function built(
  state: Evaluating,
  node: Node,
  { builder, value }: { readonly builder: Builder; readonly value: Located },
): Located {
  if (builder.role === 'same') return value
  if (builder.role === 'parameter')
    return value.kind === 'scalar' ? { ...value, value: `\${params.${String(value.value)}}` } : notStatic(state, node)
  if (builder.role === 'mix' && value.kind === 'list') {
    state.made.set(value, builder)
    return value
  }
  if (value.kind !== 'map') return notStatic(state, node, 'is given no object')
  const span = spanOf(node)
  const kind: [string, LocatedEntry][] =
    builder.kind === undefined ? [] : [['kind', { key: span, value: { kind: 'scalar', value: builder.kind, span } }]]
  const result: LocatedMap = { kind: 'map', entries: new Map([...kind, ...value.entries]), span }
  state.made.set(result, builder)
  return bounded(state, node, result)
}

function fromEntries(state: Evaluating, node: Node, pairs: Located): Located {
  const entries = new Map<string, LocatedEntry>()
  for (const pair of pairs.kind === 'list' ? pairs.items : []) {
    const [key, value] = pair.kind === 'list' ? pair.items : []
    if (key?.kind !== 'scalar' || value === undefined) return notStatic(state, node, 'takes pairs of name and value')
    entries.set(String(key.value), { key: key.span, value })
  }
  return pairs.kind === 'list'
    ? bounded(state, node, { kind: 'map', entries, span: spanOf(node) })
    : notStatic(state, node)
}

interface MapCall {
  readonly node: Node
  readonly list: Node
  readonly arrow: Node
  readonly scope: Scope
}

function mapped(state: Evaluating, { node, list, arrow, scope }: MapCall): Located {
  const source = evaluate(state, list, scope)
  if (source.kind !== 'list' || !Node.isArrowFunction(arrow) || Node.isBlock(arrow.getBody()))
    return notStatic(state, node)
  const names = arrow.getParameters().map(parameter => parameter.getNameNode())
  const span = spanOf(node)
  const results = source.items.map((item, index) => {
    const inner = new Map(scope)
    const values: readonly Located[] = [item, { kind: 'scalar', value: index, span }]
    for (const [at, name] of names.entries()) bind(state, inner, { name, value: values[at] })
    return evaluate(state, arrow.getBody(), inner)
  })
  return bounded(state, node, { kind: 'list', items: results, span })
}

/** Binds a parameter, or the names of one that takes a list or an object apart. */
function bind(
  state: Evaluating,
  scope: Map<string, Located>,
  { name, value }: { readonly name: Node; readonly value: Located | undefined },
): void {
  if (Node.isIdentifier(name) && value) scope.set(name.getText(), value)
  else if (Node.isArrayBindingPattern(name) && value?.kind === 'list') {
    for (const [at, element] of name.getElements().entries())
      if (Node.isBindingElement(element)) bind(state, scope, { name: element.getNameNode(), value: value.items[at] })
  } else if (Node.isObjectBindingPattern(name) && value?.kind === 'map') {
    for (const element of name.getElements())
      bind(state, scope, {
        name: element.getNameNode(),
        value: value.entries.get(element.getPropertyNameNode()?.getText() ?? element.getName())?.value,
      })
  } else notStatic(state, name)
}
