import { parse, type Expression, type Node } from 'acorn'
import { messageOf, WeirError } from '../../core/errors.ts'

/** An expression that is no plain data: its text, to be told. */
export class NoData {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

export type JsData =
  | string
  | number
  | boolean
  | null
  | undefined
  | NoData
  | readonly JsData[]
  | JsRecord
/** No prototype: keys come from outside. */
export interface JsRecord {
  readonly [key: string]: JsData
}

/**
 * Reads the object that a config file in JavaScript is: `{…}` alone, as Etsy's statsd evaluates it, or the last one
 * that is given to `module.exports`, `config` or a variable. Nothing is run: what is not data becomes `NoData`.
 *
 * @throws WeirError WEIR_CONFIG_INVALID with the place, when there is no such object.
 */
export function readJsData(source: string, file: string): JsRecord {
  const script = source
    .replace(/^\uFEFF/, '')
    .trimEnd()
    .replace(/;$/, '')
  try {
    const isObject = /^(\s|\/\*[^]*?\*\/|\/\/[^\n]*\n)*\{/.test(script)
    // Brackets, or the language takes an object at the beginning for a block. A comment may end the file.
    const text = isObject ? `(${script}\n)` : script
    const { body } = parse(text, { ecmaVersion: 'latest' })
    const expressions = body.flatMap((statement): Expression[] => {
      if (statement.type === 'ExpressionStatement') return [assigned(statement.expression)]
      if (statement.type !== 'VariableDeclaration') return []
      return statement.declarations.flatMap(({ init }) => (init ? [init] : []))
    })
    const object = expressions.findLast(({ type }) => type === 'ObjectExpression')
    if (object) return dataOf(object, text) as JsRecord
  } catch (failure) {
    throw new WeirError('WEIR_CONFIG_INVALID', `${file}: ${messageOf(failure)}`)
  }
  throw new WeirError('WEIR_CONFIG_INVALID', `${file}: there is no object in it`)
}

export const isRecord = (value: JsData): value is JsRecord =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof NoData)

const assigned = (expression: Expression): Expression =>
  expression.type === 'AssignmentExpression' ? expression.right : expression

function dataOf(node: Node, text: string): JsData {
  const noData = () => new NoData(text.slice(node.start, node.end))
  const expression = node as Expression
  switch (expression.type) {
    case 'Literal': {
      const { value } = expression
      return typeof value === 'bigint' || value instanceof RegExp ? noData() : value
    }
    case 'Identifier':
      return expression.name === 'undefined' ? undefined : noData()
    case 'TemplateLiteral':
      return expression.expressions.length === 0 ? expression.quasis[0]!.value.cooked! : noData()
    case 'UnaryExpression': {
      const value = dataOf(expression.argument, text)
      return typeof value === 'number' && expression.operator === '-' ? -value : noData()
    }
    case 'BinaryExpression': {
      const [left, right] = [dataOf(expression.left, text), dataOf(expression.right, text)]
      return computed(expression.operator, left, right) ?? noData()
    }
    case 'ArrayExpression':
      return expression.elements.map((each) => (each ? dataOf(each, text) : undefined))
    case 'ObjectExpression':
      return recordOf(expression.properties, text)
    default:
      return noData()
  }
}

/** `60 * 1000` and `'a' + 'b'` are data all the same. */
function computed(operator: string, left: JsData, right: JsData): JsData {
  if (typeof left === 'string' && typeof right === 'string' && operator === '+') return left + right
  if (typeof left !== 'number' || typeof right !== 'number') return undefined
  const results: Record<string, number> = {
    '*': left * right,
    '/': left / right,
    '+': left + right,
    '-': left - right,
  }
  return results[operator]
}

type Properties = Extract<Expression, { type: 'ObjectExpression' }>['properties']

function recordOf(properties: Properties, text: string): JsRecord {
  const record = Object.create(null) as Record<string, JsData>
  for (const property of properties) {
    const source = text.slice(property.start, property.end)
    if (property.type !== 'Property' || property.kind !== 'init') {
      record[source] = new NoData(source)
      continue
    }
    const { key, computed: isComputed, value } = property
    const name = !isComputed && key.type === 'Identifier' ? key.name : dataOf(key, text)
    if (typeof name === 'string' || typeof name === 'number') record[name] = dataOf(value, text)
    else record[source] = new NoData(source)
  }
  return record
}
