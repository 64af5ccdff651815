/** What fails: an article without a price, and a refund without an order. */
export function priceOfArticle(cart, article) {
  const priced = cart.articles.find(({ id }) => id === article)
  if (!priced) throw new RangeError(`no price for article ${article}`)
  return priced.price
}

export function refundOrder(order) {
  if (!order) throw new TypeError('refund without an order')
  return order.total
}

export function placeOrder(article) {
  if (article === undefined) return refundOrder(undefined)
  return priceOfArticle({ articles: [] }, article)
}
