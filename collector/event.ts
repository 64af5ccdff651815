/** A number as it was written, for those JavaScript cannot hold (JSON.rawJSON makes one). */
export interface RawJson {
  readonly rawJSON: string
}
export type Json = string | number | boolean | null | RawJson | readonly Json[] | JsonObject
export interface JsonObject {
  [key: string]: Json | undefined
}

/**
 * An event as an object: `@timestamp` (ISO 8601, UTC, 3 to 9 digits of a second, always `Z`; absent
 * only until the pipeline sets the arrival time), `message` where there is one, ECS names.
 *
 * Keys come from outside, `__proto__` and `constructor` among them: set them only on objects made by
 * JSON.parse or with Object.defineProperty, never by `object[key] = value` on a key from outside.
 */
export interface Event extends JsonObject {
  '@timestamp'?: string
  message?: string
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
  Object.defineProperty(object, key, {
    value,
    writable: true,
    enumerable: true,
    configurable: true,
  })
}

/**
 * Adds to `event` what `context` says about where it came from. What the event says itself wins:
 * objects are merged, a nested or dotted name that the event already has is left as it is.
 */
export function addContext(event: JsonObject, context: JsonObject, prefix = ''): void {
  for (const [key, value] of Object.entries(context)) {
    if (value === undefined) continue
    const path = prefix + key
    if (Object.hasOwn(event, path)) {
      const own = event[path]
      if (isObject(own) && isObject(value)) addContext(own, value)
      continue
    }
    const dotted = Object.keys(event).some((name) => name.startsWith(`${path}.`))
    if (dotted && isObject(value)) addContext(event, value, `${path}.`)
    else if (!dotted) setOwn(event, path, value)
  }
}
