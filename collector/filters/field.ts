import { isObject, isRawJson, setOwn, type Json, type JsonObject } from '../../core/json.ts'

/** A value as text: strings and numbers as they were written, '' for null and nothing, JSON for the rest. */
export function textOf(value: Json | undefined): string {
  if (typeof value === 'string') return value
  if (value === null || value === undefined) return ''
  return JSON.stringify(value)
}

/** A copy that shares nothing with `value` that could be changed. */
export function copyOf(value: Json): Json {
  if (Array.isArray(value)) return value.map((item: Json) => copyOf(item))
  if (!isObject(value)) return value
  const copy: JsonObject = {}
  for (const [key, inner] of Object.entries(value)) {
    if (inner !== undefined) setOwn(copy, key, copyOf(inner))
  }
  return copy
}

/**
 * Puts `value` at a dotted path: over a field that is there, dotted or nested, else nested, in new
 * objects where there are none.
 *
 * @returns undefined, or why it cannot be: a part of the path is no object.
 */
export function setAt(event: JsonObject, path: string, value: Json): string | undefined {
  const held = holderOf(event, path)
  if (held) {
    setOwn(held.object, held.key, value)
    return undefined
  }
  let object = event
  let start = 0
  for (let dot = path.indexOf('.'); dot >= 0; dot = path.indexOf('.', start)) {
    const key = path.slice(start, dot)
    const inner = Object.hasOwn(object, key) ? object[key] : undefined
    if (inner !== undefined && !isObject(inner)) {
      return `cannot set "${path}": "${path.slice(0, dot)}" is ${kindOf(inner)}, not an object`
    }
    const next = inner ?? {}
    if (inner === undefined) setOwn(object, key, next)
    object = next
    start = dot + 1
  }
  setOwn(object, path.slice(start), value)
  return undefined
}

/** Takes the field at a dotted path out, and returns its value; undefined when there is none. */
export function takeAt(event: JsonObject, path: string): Json | undefined {
  const held = holderOf(event, path)
  if (!held) return undefined
  const value = held.object[held.key]
  delete held.object[held.key]
  return value
}

/** Takes out of `object` whatever is neither named by one of `paths` nor lies below one. */
export function keepOnly(object: JsonObject, paths: readonly string[]): void {
  for (const [key, inner] of Object.entries(object)) {
    if (paths.includes(key)) continue
    const below = paths.filter((path) => path.startsWith(`${key}.`))
    const partly = below.length > 0 && isObject(inner)
    if (partly) {
      keepOnly(
        inner,
        below.map((path) => path.slice(key.length + 1)),
      )
    }
    if (!partly || Object.keys(inner).length === 0) delete object[key]
  }
}

/** The object and own key that a dotted path leads to, in the order in which `valueAt` looks. */
function holderOf(
  object: JsonObject,
  path: string,
): { object: JsonObject; key: string } | undefined {
  if (Object.hasOwn(object, path)) return { object, key: path }
  for (let dot = path.indexOf('.'); dot > 0; dot = path.indexOf('.', dot + 1)) {
    const head = path.slice(0, dot)
    const inner = Object.hasOwn(object, head) ? object[head] : undefined
    const held = isObject(inner) ? holderOf(inner, path.slice(dot + 1)) : undefined
    if (held) return held
  }
  return undefined
}

function kindOf(value: Json): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  return isRawJson(value) ? 'a number' : `a ${typeof value}`
}
