import { WeirError } from '../../core/errors.ts'

/** Where a DSN sends envelopes, and the header that says by which key. @throws WeirError WEIR_REQUEST_INVALID */
export function parseDsn(dsn: string): { url: string; auth: string } {
  const parsed = URL.canParse(dsn) ? new URL(dsn) : undefined
  const [, prefix, project] = /^(.*)\/(\d+)\/?$/.exec(parsed?.pathname ?? '') ?? []
  if (!parsed || parsed.username === '' || project === undefined) {
    const text = `"${dsn.slice(0, 200)}" is no DSN: expected http://<key>@<host>/<project id>, as weir project ls prints it`
    throw new WeirError('WEIR_REQUEST_INVALID', text)
  }
  return {
    url: `${parsed.protocol}//${parsed.host}${prefix}/api/${project}/envelope/`,
    auth: `Sentry sentry_version=7, sentry_client=weir-demo/1.0, sentry_key=${parsed.username}`,
  }
}

/** An envelope with one event (develop.sentry.dev/sdk/data-model/envelopes). */
export function envelopeOf(event: { readonly event_id: string }, sentAtMs: number): string {
  const header = { event_id: event.event_id, sent_at: new Date(sentAtMs).toISOString() }
  const payload = JSON.stringify(event)
  const item = { type: 'event', length: Buffer.byteLength(payload) }
  return `${JSON.stringify(header)}\n${JSON.stringify(item)}\n${payload}\n`
}
