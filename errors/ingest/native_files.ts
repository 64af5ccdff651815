import type { JsonRecord } from '../../store/search.ts'
import { isRecord } from './json_text.ts'
import { readMessages } from './msgpack.ts'

/** How native SDKs name the files in which they write event and breadcrumbs, for a crash that ends them. */
const eventFile = '__sentry-event'
const breadcrumbFiles = ['__sentry-breadcrumb1', '__sentry-breadcrumb2']
const breadcrumbsMax = 1_000

interface NamedBytes {
  readonly name: string
  readonly bytes: Uint8Array
}

export const isNativeFile = (name: string): boolean =>
  name === eventFile || breadcrumbFiles.includes(name)

/**
 * The event that is in files of a native SDK, in MessagePack: `__sentry-event`, and breadcrumbs in two files that it
 * writes by turns. Undefined where there is none of them.
 */
export function nativeEvent(files: readonly NamedBytes[]): JsonRecord | undefined {
  const messagesIn = (name: string) => {
    const file = files.find((each) => each.name === name)
    return file ? readMessages(file.bytes, breadcrumbsMax).filter(isRecord) : []
  }
  const breadcrumbs = breadcrumbFiles
    .flatMap(messagesIn)
    .toSorted((a, b) => (String(a['timestamp']) < String(b['timestamp']) ? -1 : 1))
  const [event] = messagesIn(eventFile)
  if (!event && breadcrumbs.length === 0) return undefined
  const own = Array.isArray(event?.['breadcrumbs']) ? event['breadcrumbs'] : []
  return { ...event, ...(breadcrumbs.length > 0 && { breadcrumbs: [...own, ...breadcrumbs] }) }
}
