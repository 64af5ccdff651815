import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Conflict, type DocumentKind, type Documents } from '../../store/documents.ts'

const kind: DocumentKind = {
  name: 'issue',
  fields: {
    title: 'keyword',
    'stats.count': 'long',
    score: 'double',
    seen: 'date',
    open: 'boolean',
  },
}

const soon = () => AbortSignal.timeout(10_000)
const ids = (found: { documents: readonly { id: string }[] }) => found.documents.map(({ id }) => id)

/** The contract of documents over one engine; `make` gives one with nothing in it, not started. */
export function describeDocuments(name: string, make: () => Documents): void {
  describe(`the contract of documents: ${name}`, () => {
    let documents: Documents
    beforeEach(async () => {
      documents = make()
      await documents.start()
    })
    afterEach(() => documents.stop(soon()))

    it('gives back what was put, whatever the body holds', async () => {
      const body = JSON.parse(
        '{"title":"ä\\u0000\\ud83d\\ude00","__proto__":{"a":1},"n":1e21,"l":[null,[]]}',
      )
      await documents.put(kind, 'ü/1 ?', body)
      const read = await documents.get(kind, 'ü/1 ?')
      expect(JSON.stringify(read?.body)).toBe(JSON.stringify(body))
      expect(await documents.get(kind, 'other')).toBeUndefined()
    })

    it('changes only what is still at the expected version', async () => {
      const first = await documents.put(kind, 'a', { title: 'one' }, null)
      await expect(documents.put(kind, 'a', { title: 'two' }, null)).rejects.toThrow(Conflict)
      const second = await documents.put(kind, 'a', { title: 'two' }, first)
      await expect(documents.put(kind, 'a', { title: 'three' }, first)).rejects.toThrow(Conflict)
      await expect(documents.delete(kind, 'a', first)).rejects.toThrow(Conflict)
      expect((await documents.get(kind, 'a'))?.version).toBe(second)
      await documents.delete(kind, 'a', second)
      await expect(documents.put(kind, 'a', {}, second)).rejects.toThrow(Conflict)
      await documents.delete(kind, 'a')
      const again = await documents.put(kind, 'a', {}, null)
      expect(again).not.toBe(first)
      expect(again).not.toBe(second)
    })

    it('lets one of many win who change the same document at once', async () => {
      const version = await documents.put(kind, 'a', { stats: { count: 0 } })
      const attempts = Array.from({ length: 20 }, (_, n) =>
        documents.put(kind, 'a', { stats: { count: n } }, version),
      )
      const settled = await Promise.allSettled(attempts)
      expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    })

    it('finds by declared fields, of any type', async () => {
      await documents.put(kind, 'a', {
        title: 'app',
        stats: { count: 2 },
        score: 0.5,
        seen: '2026-01-02T03:04:05Z',
        open: true,
      })
      await documents.put(kind, 'b', {
        title: 'apple',
        stats: { count: 20 },
        score: 1.5,
        seen: '2026-01-02T04:04:05+01:00',
        open: false,
      })
      await documents.put(kind, 'c', { title: 'Bär' })
      const find = async (where: object) =>
        ids(await documents.find(kind, { where: where as never, limit: 10 }))
      expect(await find({})).toEqual(['a', 'b', 'c'])
      expect(await find({ title: 'app' })).toEqual(['a'])
      expect(await find({ title: { prefix: 'app' } })).toEqual(['a', 'b'])
      expect(await find({ title: { in: ['Bär', 'app'] } })).toEqual(['a', 'c'])
      expect(await find({ 'stats.count': { gt: 2 } })).toEqual(['b'])
      expect(await find({ 'stats.count': { gte: 2, lt: 20 } })).toEqual(['a'])
      expect(await find({ score: { lte: 0.5 } })).toEqual(['a'])
      expect(await find({ seen: '2026-01-02T03:04:05.000Z' })).toEqual(['a', 'b'])
      expect(await find({ open: false })).toEqual(['b'])
      expect(await find({ open: null })).toEqual(['c'])
      expect(await find({ open: true, title: 'apple' })).toEqual([])
      expect(await documents.count(kind, { title: { prefix: 'app' } })).toBe(2)
      expect(await documents.count(kind)).toBe(3)
    })

    it('pages through a sorted list without gaps, missing values last', async () => {
      const order = ['e', 'c', 'a', 'd', 'b', 'f']
      const counts: Record<string, number | undefined> = {
        a: 1,
        b: 2,
        c: 1,
        d: 3,
        e: undefined,
        f: undefined,
      }
      for (const id of order) {
        const count = counts[id]
        await documents.put(kind, id, count === undefined ? {} : { stats: { count } })
      }
      for (const [direction, expected] of [
        ['asc', ['a', 'c', 'b', 'd', 'e', 'f']],
        ['desc', ['d', 'b', 'a', 'c', 'e', 'f']],
      ] as const) {
        const all: string[] = []
        let after: string | undefined
        do {
          const sort = [{ field: 'stats.count', order: direction }]
          const page = await documents.find(kind, {
            sort,
            limit: 2,
            ...(after !== undefined && { after }),
          })
          all.push(...ids(page))
          after = page.next
        } while (after !== undefined)
        expect(all).toEqual(expected)
      }
    })

    it('refuses what it could not find again', async () => {
      await expect(documents.put(kind, 'a', { open: 'yes' })).rejects.toThrow(
        'open has to be a boolean',
      )
      await expect(documents.put(kind, '', {})).rejects.toThrow('1 to 512 bytes')
      await expect(documents.find(kind, { where: { other: 1 }, limit: 1 })).rejects.toThrow(
        'no field other',
      )
      await expect(documents.find(kind, { limit: 0 })).rejects.toThrow('limit')
      await expect(documents.find(kind, { limit: 1, after: 'x' })).rejects.toThrow('`after`')
    })

    it('finds old documents by fields declared later', async () => {
      await documents.put({ name: 'view', fields: {} }, 'a', { owner: 'ann' })
      const later = { name: 'view', fields: { owner: 'keyword' } } as const
      expect(await documents.count(later, { owner: 'ann' })).toBe(1)
    })

    it('stops twice', async () => {
      await documents.stop(soon())
      await documents.stop(soon())
    })
  })
}
