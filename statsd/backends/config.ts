import { z } from 'zod'
import type { Registry } from '../../core/plugin.ts'
import { destinations } from './all.ts'
import { forwardFields } from './forward.ts'

/** Checks run whatever else is wrong, so that all mistakes show at once; they get any value. */
const always = { when: () => true }

type Forward = z.output<z.ZodObject<typeof forwardFields>>

/** Where metrics go. */
export const backendFields = {
  backends: z
    .array(destinations.schema)
    .prefault([{ type: 'store' }])
    .superRefine(checkIds, always)
    .describe('Where metrics go; every one of them gets them all'),
  forward: z
    .union([forwardFields.url, z.strictObject(forwardFields)])
    .transform((given): Forward => (typeof given === 'string' ? { url: given } : given))
    .optional()
    .describe(
      'Another Weir that merges the flushes of many: its URL, or { url, token, tls }; short for a backend of type forward',
    ),
}

const backendConfig = z.object(backendFields)
export type BackendsConfig = z.output<typeof backendConfig>

export interface BackendConfig {
  readonly type: string
  readonly [key: string]: unknown
}

/** The kinds of components, for docs. */
export const components: Readonly<Record<string, Registry<never, unknown>>> = {
  backends: destinations,
}

/** All backends of a config, that of `forward` among them. */
export function backendsOf({ backends, forward }: BackendsConfig): readonly BackendConfig[] {
  if (!forward) return backends
  const { url, token, tls } = forward
  const written = { type: 'forward', url, token: token?.reveal(), tls }
  return [...backends, destinations.schema.parse(written)]
}

/** Whether flushes are handed on, so that they have to be written for that. */
export const forwards = (config: BackendsConfig): boolean =>
  backendsOf(config).some(({ type }) => type === 'forward')

/** The id of a backend, by which its cursor, metrics and dead letters are known. */
export const backendId = ({ type, id }: BackendConfig): string => `statsd.${String(id ?? type)}`

function checkIds(given: unknown, context: z.RefinementCtx) {
  const taken = new Map<string, number>()
  for (const [index, backend] of (Array.isArray(given) ? given : []).entries()) {
    const { id: own, type } = (backend ?? {}) as { id?: unknown; type?: unknown }
    const id = own ?? type
    if (typeof id !== 'string') continue
    const first = taken.get(id)
    taken.set(id, first ?? index)
    if (first === undefined) continue
    const message =
      own === undefined
        ? `backends[${first}] has the id "${id}" already: give one of them an id of its own, since cursors belong to it`
        : `backends[${first}] has the id "${id}" already: ids are unique`
    context.addIssue({ code: 'custom', path: own === undefined ? [index] : [index, 'id'], message })
  }
}
