/** A number as it was written, for those JavaScript cannot hold (JSON.rawJSON makes one). */
export interface RawJson {
  readonly rawJSON: string
}
export type Json = string | number | boolean | null | RawJson | readonly Json[] | JsonObject
export interface JsonObject {
  [key: string]: Json | undefined
}

/** The value at a dotted path, nested (`{a:{b}}`) or dotted (`{"a.b"}`); undefined when absent. */
export function valueAt(event: JsonObject, path: string): Json | undefined {
  if (Object.hasOwn(event, path)) return event[path]
  for (let dot = path.indexOf('.'); dot > 0; dot = path.indexOf('.', dot + 1)) {
    const head = path.slice(0, dot)
    if (!Object.hasOwn(event, head)) continue
    const inner = event[head]
    if (isObject(inner)) {
      const found = valueAt(inner, path.slice(dot + 1))
      if (found !== undefined) return found
    }
  }
  return undefined
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isRawJson(value)
}

export function isRawJson(value: Json | undefined): value is RawJson {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.getPrototypeOf(value) === null &&
    'rawJSON' in value
  )
}

/** Sets an own property whatever its name, `__proto__` included. */
export function setOwn(object: JsonObject, key: string, value: Json): void {
  if (key !== '__proto__') {
    object[key] = value
    return
  }
  // A hundred times slower, and an assignment would set the prototype.
  Object.defineProperty(object, key, {
    value,
    writable: true,
    enumerable: true,
    configurable: true,
  })
}
