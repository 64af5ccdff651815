import type { Document, Node, Scalar } from 'yaml'
import { yaml } from '../packages.ts'
import { interpolate, isOneReference, type Environment } from './interpolate.ts'
import { pathKey, type Path, type Problem } from './problem.ts'

/** A config text, read: its value, where each part of it stands, and what was wrong. */
export interface Source {
  /** Plain data; undefined when the text is empty or has syntax errors. */
  readonly value: unknown
  readonly problems: readonly Problem[]
  /**
   * Values that may be meant otherwise, by `pathKey`: `port: ${PORT}` gives the text "80", and the
   * number 80 here, for where the schema wants one. So does `port: "${PORT}"`, since a flow map wants the quotes.
   */
  readonly otherwise: ReadonlyMap<string, unknown>
  /** `file:line:column` of the value at `path`, or of its key, or of the nearest thing around it. */
  locate(path: Path, part: 'key' | 'value'): string
}

/** Reads a YAML config, replacing `${NAME}` in its values (never in keys). */
export function readYaml(text: string, file: string, environment: Environment): Source {
  const { LineCounter, parseDocument } = yaml()
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, stringKeys: true, merge: true })
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset)
    return `${file}:${line}:${col}`
  }
  const problems: Problem[] = document.errors.map((error) => ({
    place: at(error.pos[0]),
    path: [],
    // The first line says what; the rest draws the place, which `place` already names.
    message: error.message.replace(/ at line \d+, column \d+:?[^]*$/, ''),
  }))
  const otherwise = new Map<string, unknown>()
  const locate: Source['locate'] = (path, part) => at(offsetOf(document, path, part))
  if (problems.length > 0) return { value: undefined, problems, otherwise, locate }

  replaceVariables(document, environment, (node, path, replaced) => {
    const [place, message] = [at(node.range?.[0] ?? 0), replaced.message]
    if (message !== undefined) problems.push({ place, path, message })
    if (replaced.otherwise !== undefined) otherwise.set(pathKey(path), replaced.otherwise)
  })
  try {
    return { value: document.toJS({ maxAliasCount: 100 }), problems, otherwise, locate }
  } catch (failure) {
    const message = failure instanceof Error ? failure.message : String(failure)
    return { value: undefined, problems: [{ place: at(0), path: [], message }], otherwise, locate }
  }
}

type Report = (
  node: Scalar,
  path: Path,
  replaced: { message?: string | undefined; otherwise?: unknown },
) => void

function replaceVariables(document: Document, environment: Environment, report: Report) {
  yaml().visit(document, {
    Scalar(key, node, ancestors) {
      if (key === 'key' || typeof node.value !== 'string' || !node.value.includes('${')) return
      const result = interpolate(node.value, environment)
      const mayBeNoText = node.type === 'PLAIN' || isOneReference(node.value)
      const path = pathOf([...ancestors, node])
      node.value = result.text
      if (result.missing.length > 0) {
        const names = result.missing.join(', ')
        const is = result.missing.length === 1 ? 'is' : 'are'
        const message = `environment variable ${names} ${is} not set: set it, or write \${${result.missing[0]}:-default}`
        report(node, path, { message })
      } else if (result.malformed !== undefined) {
        const message = `"${result.malformed}" is no variable: write \${NAME} or \${NAME:-default}, and $\${ for a plain \${`
        report(node, path, { message })
      } else if (mayBeNoText) {
        report(node, path, { otherwise: scalarOf(result.text) })
      }
    },
  })
}

/** The value that YAML sees in a text, when it is another than the text. */
function scalarOf(text: string): unknown {
  const { isScalar, parseDocument } = yaml()
  const node = parseDocument(text).contents
  return isScalar(node) && typeof node.value !== 'string' ? node.value : undefined
}

function pathOf(ancestors: readonly unknown[]): Path {
  const { isPair, isSeq } = yaml()
  const path: (string | number)[] = []
  for (const [depth, ancestor] of ancestors.entries()) {
    const inner = ancestors[depth + 1]
    if (isSeq(ancestor)) path.push(ancestor.items.indexOf(inner))
    else if (isPair(ancestor)) path.push(String((ancestor.key as Scalar).value))
  }
  return path
}

/** Byte offset of the value or key at `path`; of the nearest ancestor where there is none. */
function offsetOf(document: Document, path: Path, part: 'key' | 'value'): number {
  const { isAlias, isMap, isScalar, isSeq } = yaml()
  let node: unknown = document.contents
  let offset = isMap(node) || isSeq(node) || isScalar(node) ? (node.range?.[0] ?? 0) : 0
  for (const [depth, step] of path.entries()) {
    const container: unknown = isAlias(node) ? node.resolve(document) : node
    let next: unknown
    if (isMap(container)) {
      const pair = container.items.find(
        (item) => String((item.key as Scalar).value) === String(step),
      )
      if (!pair) return offset
      offset = (pair.key as Node).range?.[0] ?? offset
      if (depth === path.length - 1 && part === 'key') return offset
      next = pair.value
    } else if (isSeq(container)) {
      next = container.items[Number(step)]
    }
    if (!next) return offset
    offset = (next as Node).range?.[0] ?? offset
    node = next
  }
  return offset
}
