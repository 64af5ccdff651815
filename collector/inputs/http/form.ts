import { type JsonObject, setOwn } from '../../../core/json.ts'
import { splitJson } from './json_values.ts'
import { splitLines } from './lines.ts'
import type { Messages } from './messages.ts'

/**
 * A body that is said to be a form (application/x-www-form-urlencoded): as Fluentd's in_http, `json=`
 * or `ndjson=` hold events; any other form is one event of its fields. `curl -d` says "form" about
 * whatever it sends, so JSON, `json={"z":1}` as Fluentd's own examples have it, and text that no form
 * encoder writes, are taken for what they are.
 */
export function readForm(body: Buffer): Messages {
  if (/^\s*[{[]/.test(body.toString('latin1', 0, 100))) return splitJson(body)
  const text = body.toString('latin1')
  const written = /^(nd)?json=(?=\s*[{[])/.exec(text)
  if (written) {
    const value = body.subarray(written[0].length, endOfValue(text))
    return written[1] === undefined ? splitJson(value) : splitLines(value, 'json')
  }
  const isEncoded = text.includes('=') && /^[\w.*+%&=~!'()-]+$/.test(text)
  if (!isEncoded) return splitLines(body, undefined)
  const fields = new URLSearchParams(text)
  const json = fields.get('json')
  if (json !== null) return splitJson(Buffer.from(json))
  const ndjson = fields.get('ndjson')
  if (ndjson !== null) return splitLines(Buffer.from(ndjson), 'json')
  const event: JsonObject = {}
  for (const name of new Set(fields.keys())) {
    const values = fields.getAll(name)
    setOwn(event, name, values.length === 1 ? values[0]! : values)
  }
  return splitJson(Buffer.from(JSON.stringify(event)))
}

/** Where JSON that is not encoded ends: before further fields (`&time=…`), else with the body. */
function endOfValue(text: string): number {
  const further = /[}\]]\s*(&[\w.-]+=[^{}[\]"]*)$/.exec(text)?.[1]
  return text.length - (further?.length ?? 0)
}
