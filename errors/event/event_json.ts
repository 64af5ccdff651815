import { KnownModules, KnownStacktrace } from './known_parts.ts'
import type { SentryEvent, Stacktrace } from './sentry_event.ts'

interface WithStacktrace {
  readonly stacktrace?: Stacktrace
}
type List = { readonly values: readonly WithStacktrace[] } | undefined

/** An event as `JSON.stringify` has it, in another order; what is known of its parts is not written anew. */
export function eventJson(event: SentryEvent): string {
  const { exception, threads, modules, ...others } = event
  let json = JSON.stringify(others).slice(0, -1)
  if (exception) json += `,"exception":${listJson(exception)}`
  if (threads) json += `,"threads":${listJson(threads)}`
  if (modules) json += `,"modules":${modulesJson(modules)}`
  return `${json}}`
}

const modulesJson = (modules: unknown): string =>
  modules instanceof KnownModules ? modules.json : JSON.stringify(modules)

function listJson(list: NonNullable<List>): string {
  const { values } = list
  if (!values.some(({ stacktrace }) => stacktrace instanceof KnownStacktrace)) {
    return JSON.stringify(list)
  }
  return `{"values":[${values.map(oneJson).join(',')}]}`
}

function oneJson(one: WithStacktrace): string {
  const { stacktrace, ...others } = one
  if (!(stacktrace instanceof KnownStacktrace)) return JSON.stringify(one)
  const rest = JSON.stringify(others).slice(1)
  return `{"stacktrace":${stacktrace.json}${rest === '}' ? rest : `,${rest}`}`
}
