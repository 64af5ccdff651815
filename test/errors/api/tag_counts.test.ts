import type { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import type { JsonRecord } from '../../../store/search.ts'
import { plant } from '../search/planted.ts'
import { asking } from './asking.ts'
import { eventOf, issueOf } from './made.ts'

const kept = [
  eventOf({ release: 'shop@1', environment: 'prod' }),
  eventOf({ release: 'shop@2', environment: 'test' }),
]

/** An issue with seven events, of which two bodies are kept. */
function planted(): DatabaseSync {
  const database = plant([issueOf(1, { events: 7, users: 3, kept }), issueOf(2, { kept: [] })])
  database.exec(`
    update issue_releases set events = 5, last_seen_ms = 60000 where release = 'shop@1';
    update issue_environments set events = 4, first_seen_ms = 1000, last_seen_ms = 60000 where environment = 'prod';
    update issue_environments set events = 3, first_seen_ms = 2000, last_seen_ms = 90000 where environment = 'test'`)
  return database
}

const ask = asking(planted())

test('releases and environments of an issue are asked as its tags', async () => {
  expect((await ask('GET', '/issues/1/tags/release/')).body).toMatchObject({
    key: 'release',
    totalValues: 6,
    uniqueValues: 2,
    topValues: [
      { value: 'shop@1', count: 5, lastSeen: '1970-01-01T00:01:00.000Z' },
      { value: 'shop@2', count: 1 },
    ],
  })
  expect((await ask('GET', '/issues/1/tags/environment/values/')).body).toMatchObject([
    { value: 'prod', count: 4 },
    { value: 'test', count: 3 },
  ])
  const { body: tags } = await ask('GET', '/issues/1/tags/')
  expect((tags as JsonRecord[]).map(({ key }) => key)).toEqual(['environment', 'level', 'release'])
  const { body: issue } = await ask('GET', '/issues/1/')
  expect((issue as { tags: JsonRecord[] }).tags).toMatchObject([
    { key: 'environment', totalValues: 7, uniqueValues: 2 },
    { key: 'level' },
    { key: 'release' },
  ])
  expect((await ask('GET', '/issues/2/tags/release/')).status).toBe(404)
})

test('releases and environments are tags of projects, too', async () => {
  expect((await ask('GET', '/projects/weir/shop/tags/release/')).body).toMatchObject({
    totalValues: 6,
    uniqueValues: 2,
  })
  for (const path of ['/projects/weir/shop/tags/', '/organizations/weir/tags/']) {
    const { body } = await ask('GET', path)
    const keys = (body as JsonRecord[]).map(({ key }) => key)
    expect(keys).toEqual(['environment', 'release', 'level'])
  }
})

test('with an environment an issue has the counts that are known by it, and says which are not', async () => {
  const { body, headers } = await ask('GET', '/issues/1/?environment=prod')
  expect(body).toMatchObject({
    count: '4',
    firstSeen: '1970-01-01T00:00:01.000Z',
    lastSeen: '1970-01-01T00:01:00.000Z',
    userCount: 3,
    tags: [{ key: 'environment', totalValues: 4, uniqueValues: 1 }, {}, {}],
  })
  expect(headers?.['x-weir-incomplete']).toContain('userCount')
  const both = await ask('GET', '/issues/1/?environment=prod&environment=test')
  expect(both.body).toMatchObject({ count: '7' })
  const none = await ask('GET', '/issues/1/?environment=nowhere')
  expect(none.body).toMatchObject({ count: '0', firstSeen: null, lastSeen: null })
})

test('tags of an issue are narrowed to an environment where they are known by it', async () => {
  const own = await ask('GET', '/issues/1/tags/environment/?environment=prod')
  expect(own.body).toMatchObject({ totalValues: 4, topValues: [{ value: 'prod' }] })
  expect(own.headers).toBeUndefined()
  const other = await ask('GET', '/issues/1/tags/release/?environment=prod')
  expect(other.body).toMatchObject({ totalValues: 6 })
  expect(other.headers?.['x-weir-incomplete']).toBe('not counted by environment: this tag')
})

test('a tag that is named is counted in the one table that has it', async () => {
  const database = planted()
  const asked: string[] = []
  const prepare = database.prepare.bind(database)
  database.prepare = (sql) => (asked.push(sql), prepare(sql))
  const tables = ['issue_tags', 'issue_releases', 'issue_environments']
  for (const [key, own] of [
    ['level', 'issue_tags'],
    ['release', 'issue_releases'],
    ['environment', 'issue_environments'],
  ]) {
    for (const path of [`tags/${key}/`, `tags/${key}/values/`]) {
      asked.length = 0
      await asking(database)('GET', `/projects/weir/shop/${path}`)
      const sql = asked.join('\n')
      expect(tables.filter((table) => sql.includes(table))).toEqual([own])
    }
  }
})

test('values of a tag are walked by Link, forth and back, each once, whatever is counted meanwhile', async () => {
  const names = Array.from({ length: 23 }, (_, at) => `web ${at % 2 ? '"%ü' : 'a'}${at}`)
  for (const path of ['/issues/1/tags/server/values/', '/projects/weir/shop/tags/server/values/']) {
    const database = planted()
    const insert = database.prepare(`insert into issue_tags values (1, 'server', ?, ?, 0, 0)`)
    for (const [at, name] of names.entries()) insert.run(name, 1 + (at % 3))
    const list = asking(database)
    const page = async (cursor: string) => {
      const { body, headers } = await list('GET', `${path}?limit=4&cursor=${cursor}`)
      const to = (rel: string) =>
        new RegExp(`rel="${rel}"; results="true"; cursor="([^"]+)"`).exec(headers!['link']!)?.[1]
      return { values: (body as JsonRecord[]).map(({ value }) => String(value)), to }
    }
    const whole = (await list('GET', `${path}?limit=100`)).body as { value: string }[]
    const first = await page('')
    const seen = [...first.values]
    for (let next = first.to('next'); next !== undefined;) {
      database.exec(`update issue_tags set events = events + 9 where value = '${seen.at(-1)}'`)
      const { values, to } = await page(next)
      seen.push(...values)
      next = to('next')
      if (seen.length === 8) expect((await page(to('previous')!)).values).toContain(seen[2])
    }
    expect(seen).toEqual(whole.map(({ value }) => value))
    expect(seen.toSorted()).toEqual(names.toSorted())
  }
})

test('keys of tags are walked by Link, each once', async () => {
  const database = planted()
  for (let at = 0; at < 23; at++)
    database.exec(`insert into issue_tags values (${1 + (at % 2)}, 'key ${at % 13}', 'v', 1, 0, 0)`)
  const list = asking(database)
  for (const path of ['/projects/weir/shop/tags/', '/organizations/weir/tags/']) {
    const whole = (await list('GET', `${path}?limit=100`)).body as JsonRecord[]
    const seen: JsonRecord[] = []
    for (let next: string | undefined = ''; next !== undefined;) {
      const { body, headers } = await list('GET', `${path}?limit=4&cursor=${next}`)
      seen.push(...(body as JsonRecord[]))
      next = /rel="next"; results="true"; cursor="([^"]+)"/.exec(headers!['link']!)?.[1]
    }
    expect(seen).toEqual(whole)
    expect(seen).toHaveLength(16)
  }
})

test('names of tags that objects have are no tags', async () => {
  for (const key of ['constructor', '__proto__', "release' --"]) {
    const path = `/projects/weir/shop/tags/${encodeURIComponent(key)}/`
    expect((await asking(planted())('GET', path)).status).toBe(404)
  }
})
