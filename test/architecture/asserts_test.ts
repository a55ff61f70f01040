import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ts } from 'ts-morph'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { projectRoot } from '../support.ts'

/** Calls of `assert.throws` whose expectation is a text, which uvu takes for the title of the assertion and does not compare. */
function vacuousIn(file: string, code: string): readonly string[] {
  const source = ts.createSourceFile(file, code, ts.ScriptTarget.ES2023)
  const found: string[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && node.expression.getText(source) === 'assert.throws') {
      const [, expected] = node.arguments
      if (expected && (ts.isStringLiteralLike(expected) || ts.isTemplateExpression(expected)))
        found.push(`${file}:${source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1}`)
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

test('texts of errors are compared with patterns', () => {
  const files = readdirSync(join(projectRoot, 'test'), { recursive: true, encoding: 'utf8' })
  const tests = files.filter(file => file.endsWith('.ts')).map(file => join('test', file))
  assert.equal(
    tests.flatMap(file => vacuousIn(file, readFileSync(join(projectRoot, file), 'utf8'))),
    [],
  )
  const example = "\nassert.throws(f, 'no')\nassert.throws(f, `n${0}`)\nassert.throws(f, /no/)\n"
  assert.equal(vacuousIn('x.ts', example), ['x.ts:2', 'x.ts:3'])
})

test.run()
