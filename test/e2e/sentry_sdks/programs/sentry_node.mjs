// Throws, as an application would, and has @sentry/node report it: one error twice, another one in between.
import { createRequire } from 'node:module'
import process from 'node:process'

const Sentry = createRequire(import.meta.url)(process.env.SDK)

Sentry.init({ release: 'shop@1.2.3', environment: 'e2e', defaultIntegrations: undefined })
Sentry.setUser({ id: '7', username: 'ada' })
Sentry.setTag('shop', 'berlin')
Sentry.setExtra('password', process.env.CANARY)
Sentry.addBreadcrumb({ category: 'cart', message: 'cart opened', data: { articles: 3 } })

function checkout(cart) {
  throw new RangeError(`no price for article ${cart.article}`)
}

function refund() {
  throw new TypeError('refund without an order')
}

function order(article) {
  if (article === undefined) refund()
  checkout({ article })
}

for (const article of [1234, undefined, 77]) {
  try {
    order(article)
  } catch (error) {
    Sentry.captureException(error)
  }
}
await Sentry.flush(10_000)
