import Raven from 'raven-js'
import { placeOrder } from './cart.js'

Raven.config(import.meta.env.VITE_DSN, { release: 'shop@1.2.3', environment: 'e2e' }).install()
Raven.setUserContext({ id: '7', username: 'ada' })
Raven.setTagsContext({ shop: 'berlin' })
Raven.captureBreadcrumb({ category: 'cart', message: 'cart opened' })

for (const article of [1234, undefined, 77]) {
  try {
    placeOrder(article)
  } catch (error) {
    Raven.captureException(error)
  }
}
