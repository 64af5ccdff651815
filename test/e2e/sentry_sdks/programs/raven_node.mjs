// As sentry_node.mjs, with the client that came before it.
import { createRequire } from 'node:module'
import process from 'node:process'

const Raven = createRequire(import.meta.url)(process.env.SDK)

Raven.config(process.env.SENTRY_DSN, { release: 'shop@1.2.3', environment: 'e2e' }).install()
Raven.setContext({
  user: { id: '7', username: 'ada' },
  tags: { shop: 'berlin' },
  extra: { password: process.env.CANARY },
})

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

Raven.captureBreadcrumb({ category: 'cart', message: 'cart opened', data: { articles: 3 } })
const sent = []
for (const article of [1234, undefined, 77]) {
  try {
    order(article)
  } catch (error) {
    const { promise, resolve, reject } = Promise.withResolvers()
    sent.push(promise)
    Raven.captureException(error, (failure) => (failure ? reject(failure) : resolve()))
  }
}
await Promise.all(sent)
process.exit(0)
