import { computeTotal } from './cart.js'

const carts = []

function checkout(prices) {
  const items = prices.map((price) => ({ price, count: price > 2 ? -1 : 1 }))
  carts.push(items)
  return computeTotal(items)
}

// Called twice each, so that no minifier puts one into the other.
globalThis.start = (prices) => checkout(prices) + checkout(prices.toReversed())
globalThis.total = () => carts.map((items) => computeTotal(items))
