/** What may stay bytes in an event's JSON. */
export type PartKind = 'frames' | 'modules'

/** Where a name is, and the value behind it. */
export interface Named {
  readonly kind: PartKind
  readonly at: number
  readonly start: number
}

/** As SDKs write them, without white space; that of which there is most comes first. */
const names = (
  [
    ['frames', '"frames":['],
    ['modules', '"modules":{'],
  ] as const
).map(([kind, text]) => ({ kind, bytes: Buffer.from(text) }))

/** The next place of a name behind what was searched for it. */
interface Search {
  /** -1 for none up to `to`. */
  at: number
  /** Behind the bytes that were searched. */
  to: number
}

/**
 * Finds the names of what may stay bytes in an event's JSON, in their order. No byte is searched twice for one of them,
 * and those of what is passed over only for the first.
 */
export class PartNames {
  readonly #source: Pick<Buffer, 'length' | 'subarray'>
  readonly #searches: readonly Search[] = names.map(() => ({ at: -1, to: 0 }))

  constructor(source: Pick<Buffer, 'length' | 'subarray'>) {
    this.#source = source
  }

  /** @param from behind what was found before */
  next(from: number): Named | undefined {
    let nearest = -1
    let limit = this.#source.length
    for (let index = 0; index < names.length; index++) {
      const at = this.#find(index, from, limit)
      if (at < 0) continue
      nearest = index
      limit = at
    }
    if (nearest < 0) return undefined
    const { kind, bytes } = names[nearest]!
    return { kind, at: limit, start: limit + bytes.length - 1 }
  }

  /** @returns where the name is before `limit`, or -1 */
  #find(index: number, from: number, limit: number): number {
    const search = this.#searches[index]!
    const name = names[index]!.bytes
    if (search.at < from && search.to < limit) {
      const start = Math.max(from, search.to)
      const found = this.#source.subarray(start, limit).indexOf(name)
      search.at = found < 0 ? -1 : start + found
      search.to = found < 0 ? limit : search.at + name.length
    }
    return search.at >= from && search.at < limit ? search.at : -1
  }
}
