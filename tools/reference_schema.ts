/** A part of a JSON schema. */
interface Part {
  [key: string]: unknown
}

/** A variable of the environment, alone or within a text: `${NAME}`, `${NAME:-default}`. */
const reference = { type: 'string', pattern: String.raw`\$\{[^}]+\}` }

/** What editors show of a key: it stays where they look for it. */
const shown = new Set(['description', 'default', 'deprecated', 'unit', 'secret'])

/**
 * A schema that takes `${NAME}` as well wherever it wants a number, one of some words, or a text of a certain form:
 * a value is replaced before it is checked, which no editor knows. What tells components apart (`const`) is left.
 */
export function withReferences<T extends object>(schema: T): T {
  const $defs = { ...((schema as Part)['$defs'] as Part | undefined), reference }
  return { ...(walked(schema) as T), $defs }
}

function walked(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(walked)
  if (typeof value !== 'object' || value === null) return value
  const part = Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      isData(key) ? inner : walkedUnder(key, inner),
    ]),
  )
  return refusesReferences(part) ? besideReference(part) : part
}

/** Keys of `properties` are names, not keywords. */
function walkedUnder(key: string, inner: unknown): unknown {
  if (key !== 'properties') return walked(inner)
  return Object.fromEntries(
    Object.entries(inner as Part).map(([name, schema]) => [name, walked(schema)]),
  )
}

const isData = (key: string) =>
  ['default', 'const', 'enum', 'required', 'propertyNames'].includes(key)

function refusesReferences(part: Part): boolean {
  const { type } = part
  if (part['enum'] !== undefined) return true
  if (type === 'number' || type === 'integer' || type === 'boolean') return true
  const isNarrow = ['pattern', 'format', 'maxLength'].some((key) => part[key] !== undefined)
  return type === 'string' && (isNarrow || Number(part['minLength'] ?? 0) > 1)
}

function besideReference(part: Part): Part {
  const entries = Object.entries(part)
  const outside = Object.fromEntries(entries.filter(([key]) => shown.has(key)))
  const inside = Object.fromEntries(entries.filter(([key]) => !shown.has(key)))
  return { ...outside, anyOf: [inside, { $ref: '#/$defs/reference' }] }
}
