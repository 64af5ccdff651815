import type { DocumentKind, Documents } from '../../store/documents.ts'

/** Something that happened at a time: a deploy, say. Grafana shows it as an annotation. */
export interface GraphiteEvent {
  readonly id: number
  readonly what: string
  /** Seconds since the epoch. */
  readonly when: number
  readonly data: string
  readonly tags: readonly string[]
}

const kind: DocumentKind = { name: 'graphite_events', fields: { when: 'double' } }
const mostFound = 10_000

/** Events as graphite-web keeps them, in the store's documents. */
export class GraphiteEvents {
  readonly #documents: Documents

  constructor(documents: Documents) {
    this.#documents = documents
  }

  /** Durable once it resolves. The id grows with the time at which it was taken in. */
  async add(event: Omit<GraphiteEvent, 'id'>, nowMs: number): Promise<GraphiteEvent> {
    for (let id = nowMs; ; id++) {
      const made = { id, ...event, tags: [...event.tags] }
      const isTaken = (await this.#documents.get(kind, String(id))) !== undefined
      if (isTaken) continue
      await this.#documents.put(kind, String(id), made, null)
      return made
    }
  }

  async get(id: number): Promise<GraphiteEvent | undefined> {
    const found = await this.#documents.get(kind, String(id))
    return found && eventOf(found.body)
  }

  /**
   * Events of a time, oldest first; 10,000 at most.
   *
   * @param tags all of them have to be there, or with `any` one of them.
   */
  async find(
    range: { readonly fromS: number | undefined; readonly untilS: number | undefined },
    tags: readonly string[],
    any = false,
  ): Promise<GraphiteEvent[]> {
    const when = {
      ...(range.fromS !== undefined && { gte: range.fromS }),
      ...(range.untilS !== undefined && { lte: range.untilS }),
    }
    const { documents } = await this.#documents.find(kind, {
      ...(Object.keys(when).length > 0 && { where: { when } }),
      sort: [{ field: 'when', order: 'asc' }],
      limit: mostFound,
    })
    return documents
      .map(({ body }) => eventOf(body))
      .filter((event) => {
        const has = (tag: string) => event.tags.includes(tag)
        return tags.length === 0 || (any ? tags.some(has) : tags.every(has))
      })
  }
}

function eventOf(body: Readonly<Record<string, unknown>>): GraphiteEvent {
  const { id, what, when, data, tags } = body as unknown as GraphiteEvent
  return { id, what, when, data, tags }
}
