// As sentry_node.mjs, with the client that came before it.
import { createRequire } from 'node:module'
import process from 'node:process'

const Raven = createRequire(import.meta.url)(process.env.SDK)

Raven.config(process.env.SENTRY_DSN, { release: 'shop@1.2.3', environment: 'e2e' }).install()
Raven.setContext({
  user: { id: '7', username: 'ada' },
  tags: { shop: 'berlin' },
  extra: { password: 'canary-7f3a91' },
})

function checkout(cart) {
  throw new RangeError(`no price for article ${cart.article}`)
}

function refund() {
  throw new TypeError('refund without an order')
}

Raven.captureBreadcrumb({ category: 'cart', message: 'cart opened', data: { articles: 3 } })
for (const fail of [() => checkout({ article: 1234 }), refund, () => checkout({ article: 77 })]) {
  try {
    fail()
  } catch (error) {
    await new Promise((resolve, reject) => {
      Raven.captureException(error, (failure) => (failure ? reject(failure) : resolve()))
    })
  }
}
process.exit(0)
