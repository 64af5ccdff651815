import type { JsonValue } from '../../store/search.ts'
import type { SentryEvent } from '../event/sentry_event.ts'

const valueMax = 200

/** Of these contexts Sentry makes tags: the whole (`Chrome 120.0`) and the name. */
const named = ['browser', 'os', 'runtime', 'client_os'] as const

/**
 * What an event is counted by, key by key: the tags that it came with, and those that Sentry derives. Release and
 * environment have counts of their own, and are none.
 */
export function tagsOf(event: SentryEvent, user: string | undefined): [string, string][] {
  const tags: [string, string][] = []
  const add = (key: string, value: JsonValue | undefined) => {
    if (typeof value !== 'string' || value === '') return
    if (tags.some(([known]) => known === key)) return
    const line = value.includes('\n') ? oneLine(value) : value
    if (line !== '') tags.push([key, line.slice(0, valueMax)])
  }
  add('level', event.level)
  for (const [key, value] of event.tags ?? []) {
    if (key !== 'release' && key !== 'environment') add(key, value)
  }
  add('user', user)
  add('dist', event.dist)
  add('logger', event.logger)
  add('server_name', event.server_name)
  add('transaction', event.transaction)
  add('url', event.request?.url)
  const mechanism = event.exception?.values.at(-1)?.mechanism
  if (mechanism) {
    add('mechanism', mechanism.type)
    if (mechanism.handled !== undefined) add('handled', mechanism.handled ? 'yes' : 'no')
  }
  const { contexts } = event
  if (!contexts) return tags
  for (const name of named) {
    const context = contexts[name]
    if (!context) continue
    const { name: what, version } = context
    if (typeof what === 'string' && what !== '') {
      add(name, typeof version === 'string' && version !== '' ? `${what} ${version}` : what)
      add(`${name}.name`, what)
    }
  }
  add('device', contexts['device']?.['model'])
  add('device.family', contexts['device']?.['family'])
  return tags
}

/** Names of systems come with line ends, too, as files hold them. */
const oneLine = (text: string) =>
  text
    .split('\n')
    .map((line) => line.trim())
    .join(' ')
    .trim()

/** The value of a tag as the event has it. */
export const tagOf = (
  tags: readonly (readonly [key: string, value: string])[],
  key: string,
): string | undefined => tags.find(([known]) => known === key)?.[1]
