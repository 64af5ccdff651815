import * as Sentry from '@sentry/browser'
import { placeOrder } from './cart.js'

Sentry.init({ dsn: import.meta.env.VITE_DSN, release: 'shop@1.2.3', environment: 'e2e' })
Sentry.setUser({ id: '7', username: 'ada' })
Sentry.setTag('shop', 'berlin')
Sentry.addBreadcrumb({ category: 'cart', message: 'cart opened', data: { articles: 3 } })

const articles = [1234, undefined, 77]
document.querySelector('#pay').addEventListener('click', () => placeOrder(articles.shift()))
// Clicks of their own, so that each error is one that nobody caught.
for (const delay of [100, 200, 300]) {
  setTimeout(() => document.querySelector('#pay').click(), delay)
}
