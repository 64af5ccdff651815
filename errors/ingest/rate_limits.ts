/** Why something was, or will be, refused, as `X-Sentry-Rate-Limits` says it. */
export interface RateLimit {
  readonly seconds: number
  readonly scope: 'organization' | 'project' | 'key'
  /** A word for people: letters, digits and `_`. */
  readonly reason: string
}

/** SDKs that hear of a category that Weir has no use for send none of it for so long. */
export const unsupported: RateLimit = {
  seconds: 3_600,
  scope: 'organization',
  reason: 'unsupported',
}

/** The limits that one answer announces, by category. */
export class RateLimits {
  readonly #byCategory = new Map<string, RateLimit>()
  /** Something of the request was refused for a quota, so that it is a 429. */
  #exceeded = 0

  /** A category that is never taken. */
  announce(category: string): void {
    this.#byCategory.set(category, unsupported)
  }

  exceed(categories: readonly string[], limit: RateLimit): void {
    for (const category of categories) this.#byCategory.set(category, limit)
    this.#exceeded = Math.max(this.#exceeded, limit.seconds)
  }

  get isExceeded(): boolean {
    return this.#exceeded > 0
  }

  /** For the answer: none where there is nothing to announce. */
  get headers(): Record<string, string> {
    if (this.#byCategory.size === 0) return {}
    const groups = new Map<string, { limit: RateLimit; categories: string[] }>()
    for (const [category, limit] of this.#byCategory) {
      const id = JSON.stringify(limit)
      const group = groups.get(id) ?? { limit, categories: [] }
      group.categories.push(category)
      groups.set(id, group)
    }
    const parts = Array.from(groups.values(), ({ limit, categories }) => {
      return `${limit.seconds}:${categories.join(';')}:${limit.scope}:${limit.reason}`
    })
    const retry = this.isExceeded ? { 'retry-after': String(this.#exceeded) } : {}
    return { 'x-sentry-rate-limits': parts.join(', '), ...retry }
  }
}
