import { isObject, type JsonObject, setOwn } from '../core/json.ts'

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
