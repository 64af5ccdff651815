import type { JsonRecord, JsonValue } from '../../store/search.ts'
import { isRecord, readJson } from './json_text.ts'
import { minidumpEvent } from './minidump.ts'

/**
 * The event that a crash reporter sends in form fields beside its minidump: `sentry` as JSON, the same in pieces
 * `sentry__1`, `sentry__2` … (Electron), or `sentry[release]`, `sentry[tags][a]` (Crashpad). What cannot be read is
 * left out.
 *
 * @param fromFiles what an SDK wrote into files beside the dump.
 * @param dump the minidump: what it says stands where the SDK says nothing.
 */
export function crashEvent(
  fields: ReadonlyMap<string, string>,
  fromFiles: JsonRecord = {},
  dump?: Uint8Array,
): JsonRecord {
  const event: JsonRecord = {
    ...fromFiles,
    ...objectIn(fields.get('sentry')),
    ...objectIn(pieces(fields)),
  }
  for (const [name, value] of fields) {
    const path = /^sentry((?:\[[^\]]{1,200}\]){1,8})$/.exec(name)?.[1]
    if (path === undefined) continue
    const steps = path.slice(1, -1).split('][')
    if (steps.includes('__proto__')) continue
    setAt(event, steps, value)
  }
  const told = dump && minidumpEvent(dump)
  const says = (name: string) => event[name] !== undefined && event[name] !== null
  const { exception, contexts, debug_meta } = told ?? { exception: unreadable }
  return {
    platform: 'native',
    level: 'fatal',
    ...event,
    ...(contexts !== undefined && {
      contexts: { ...objectOf(contexts), ...objectOf(event['contexts']) },
    }),
    ...(debug_meta !== undefined && !says('debug_meta') && { debug_meta }),
    ...(!['exception', 'message', 'logentry'].some(says) && { exception: exception! }),
  }
}

const unreadable: JsonRecord = {
  values: [
    {
      type: 'Minidump',
      value: 'Invalid Minidump',
      mechanism: { type: 'minidump', handled: false, synthetic: true },
    },
  ],
}

const objectOf = (value: JsonValue | undefined): JsonRecord => (isRecord(value) ? value : {})

function pieces(fields: ReadonlyMap<string, string>): string | undefined {
  let text = ''
  for (let number = 1; fields.has(`sentry__${number}`); number++) {
    text += fields.get(`sentry__${number}`)!
  }
  return text === '' ? undefined : text
}

function objectIn(text: string | undefined): JsonRecord {
  if (text === undefined) return {}
  try {
    const { value } = readJson(Buffer.from(text))
    return isRecord(value) ? value : {}
  } catch {
    return {}
  }
}

function setAt(record: JsonRecord, [step, ...rest]: readonly string[], value: JsonValue): void {
  if (rest.length === 0) {
    record[step!] = value
    return
  }
  const inner = Object.hasOwn(record, step!) ? record[step!] : undefined
  const next: JsonRecord = isRecord(inner) ? inner : {}
  record[step!] = next
  setAt(next, rest, value)
}
