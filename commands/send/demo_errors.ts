/** An event as an SDK sends it. */
export interface DemoEvent {
  readonly event_id: string
  readonly [key: string]: unknown
}

/** What goes wrong in a shop that never was: each is an issue. */
interface Fault {
  /** How often, among all. */
  readonly weight: number
  /** Releases that have it, by their place in `releases`. */
  readonly since: number
  readonly until?: number
  readonly event: (at: number) => Record<string, unknown>
}

const releases = ['shop@1.4.0', 'shop@1.4.1', 'shop@1.5.0'] as const
const environments = ['production', 'production', 'production', 'staging'] as const
const browsers = [
  { name: 'Chrome', version: '131.0.0' },
  { name: 'Firefox', version: '133.0' },
  { name: 'Safari', version: '18.1' },
] as const

const frame = (
  filename: string,
  name: string,
  lineno: number,
  code: readonly [before: string, line: string, after: string],
  more: Record<string, unknown> = {},
) => ({
  filename,
  function: name,
  lineno,
  in_app: true,
  pre_context: [code[0]],
  context_line: code[1],
  post_context: [code[2]],
  ...more,
})

const library = (filename: string, name: string, lineno: number) => ({
  filename,
  function: name,
  lineno,
  in_app: false,
})

const thrown = (type: string, value: string, frames: readonly object[], handled = false) => ({
  exception: {
    values: [{ type, value, mechanism: { type: 'generic', handled }, stacktrace: { frames } }],
  },
})

const faults: readonly Fault[] = [
  {
    weight: 9,
    since: 0,
    event: (at) => ({
      platform: 'python',
      transaction: '/checkout/<int:cart_id>',
      sdk: { name: 'sentry.python.django', version: '2.19.0' },
      ...thrown('KeyError', "'shipping_address'", [
        library('django/core/handlers/base.py', '_get_response', 197),
        frame('shop/views/checkout.py', 'post', 88, [
          '    order = Order.from_cart(cart)',
          '    price = quote(order, form.cleaned_data)',
          '    return redirect(order)',
        ]),
        frame(
          'shop/shipping.py',
          'quote',
          31,
          [
            'def quote(order, data):',
            "    address = data['shipping_address']",
            '    zone = zone_of(address)',
          ],
          { vars: { order: `<Order ${1000 + at}>` } },
        ),
      ]),
      request: {
        url: `https://shop.example.com/checkout/${400 + at}`,
        method: 'POST',
        headers: { 'User-Agent': 'Mozilla/5.0' },
      },
      contexts: { runtime: { name: 'CPython', version: '3.12.7' } },
    }),
  },
  {
    weight: 7,
    since: 1,
    event: () => ({
      platform: 'javascript',
      transaction: '/cart',
      sdk: { name: 'sentry.javascript.react', version: '8.41.0' },
      ...thrown('TypeError', "Cannot read properties of undefined (reading 'items')", [
        library('webpack:///node_modules/react-dom/client.js', 'commitRoot', 14_401),
        frame(
          'webpack:///src/cart/Cart.tsx',
          'Cart',
          42,
          [
            '  const cart = useCart()',
            '  const total = sum(cart.items)',
            '  return <Total value={total} />',
          ],
          { colno: 26 },
        ),
      ]),
      request: { url: 'https://shop.example.com/cart' },
    }),
  },
  {
    weight: 4,
    since: 0,
    until: 1,
    event: (at) => ({
      platform: 'node',
      transaction: 'POST /api/payments',
      sdk: { name: 'sentry.javascript.node', version: '8.41.0' },
      ...thrown(
        'PaymentDeclined',
        `card ending in ${1000 + (at % 40)} was declined`,
        [
          library('node_modules/express/lib/router/layer.js', 'handle', 95),
          frame('src/payments/charge.ts', 'charge', 57, [
            '  const answer = await bank.charge(card, amount)',
            '  if (!answer.ok) throw new PaymentDeclined(card)',
            '  return answer.receipt',
          ]),
        ],
        true,
      ),
    }),
  },
  {
    weight: 3,
    since: 0,
    event: () => ({
      platform: 'java',
      level: 'fatal',
      logger: 'com.example.stock.StockWorker',
      sdk: { name: 'sentry.java', version: '7.18.0' },
      ...thrown(
        'java.sql.SQLTransientConnectionException',
        'HikariPool-1 - Connection is not available, request timed out after 30000ms.',
        [
          { module: 'java.lang.Thread', function: 'run', lineno: 1583, in_app: false },
          {
            module: 'com.example.stock.StockWorker',
            function: 'reserve',
            filename: 'StockWorker.java',
            lineno: 112,
            in_app: true,
          },
        ],
      ),
    }),
  },
  {
    weight: 2,
    since: 2,
    event: () => ({
      platform: 'go',
      sdk: { name: 'sentry.go', version: '0.30.0' },
      ...thrown('runtime.boundsError', 'runtime error: index out of range [3] with length 3', [
        frame(
          'search/rank.go',
          'Top',
          64,
          ['	for i := 0; i <= n; i++ {', '		top = append(top, hits[i])', '	}'],
          { module: 'example.com/shop/search' },
        ),
      ]),
    }),
  },
  {
    weight: 1,
    since: 2,
    event: () => ({
      platform: 'php',
      level: 'warning',
      logentry: {
        message: 'invoice %s was sent twice',
        params: ['2026-0117'],
        formatted: 'invoice 2026-0117 was sent twice',
      },
      sdk: { name: 'sentry.php', version: '4.10.0' },
    }),
  },
]

const minute = 60_000

/**
 * Events of the last hour, the oldest first: the same for the same numbers, but for their ids.
 *
 * @param id makes 32 hex characters.
 */
export function* demoErrors(count: number, nowMs: number, id: () => string): Generator<DemoEvent> {
  const wheel = faults.flatMap((fault) => Array.from({ length: fault.weight }, () => fault))
  for (let at = 0; at < count; at++) {
    // Scattered, yet the same each time.
    const chance = (Math.imul(at + 1, 2_654_435_761) >>> 8) % 1_000
    // A step that shares no factor with the wheel's size: each fault has its turn.
    const fault = wheel[(at * 7) % wheel.length]!
    const newest = Math.min(fault.until ?? releases.length - 1, releases.length - 1)
    const release = Math.max(
      fault.since,
      Math.min(newest, Math.floor((at / count) * releases.length)),
    )
    const atMs = nowMs - 60 * minute + (at / count) * 60 * minute
    const browser = browsers[chance % browsers.length]!
    yield {
      event_id: id(),
      timestamp: atMs / 1000,
      level: 'error',
      release: releases[release],
      environment: environments[chance % environments.length],
      server_name: `web-${1 + (chance % 3)}`,
      user: { id: String(1 + (chance % 23)), email: `customer${1 + (chance % 23)}@example.com` },
      tags: { 'payment.provider': chance % 2 === 0 ? 'acme' : 'globex' },
      breadcrumbs: {
        values: [
          { timestamp: atMs / 1000 - 20, category: 'navigation', data: { from: '/', to: '/cart' } },
          {
            timestamp: atMs / 1000 - 4,
            category: 'http',
            type: 'http',
            data: { method: 'GET', url: '/api/cart', status_code: 200 },
          },
          { timestamp: atMs / 1000 - 1, category: 'ui.click', message: 'button#pay' },
        ],
      },
      ...merged(fault.event(at), { browser }),
    }
  }
}

function merged(event: Record<string, unknown>, contexts: object): Record<string, unknown> {
  if (event['platform'] !== 'javascript') return event
  return { ...event, contexts: { ...(event['contexts'] as object | undefined), ...contexts } }
}
