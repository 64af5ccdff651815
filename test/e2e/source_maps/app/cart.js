/** What the items come to. */
export function computeTotal(items) {
  let total = 0
  for (const item of items) {
    if (item.count < 0) throw new RangeError(`count of ${item.price} is negative`)
    total += item.price * item.count
  }
  return total
}
