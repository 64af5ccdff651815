import { beforeEach, describe, expect, test } from 'vitest'
import { configuredProjects } from '../../../errors/projects/config.ts'
import { dsnOf } from '../../../errors/projects/dsn.ts'
import { projectOperations, type ShownProject } from '../../../errors/projects/operations.ts'
import { ProjectRegistry } from '../../../errors/projects/registry.ts'
import {
  Conflict,
  type Document,
  type DocumentKind,
  type Documents,
  type DocumentVersion,
} from '../../../store/documents.ts'
import type { JsonRecord } from '../../../store/search.ts'

/** Documents in memory; `kept` are the projects. */
function documentsInMemory() {
  const kinds = new Map<string, Map<string, Document>>()
  const of = ({ name }: { name: string }) => {
    const documents = kinds.get(name) ?? new Map<string, Document>()
    kinds.set(name, documents)
    return documents
  }
  const kept = of({ name: 'error_projects' })
  let versions = 0
  const store = {
    get: async (kind: DocumentKind, id: string) => of(kind).get(id),
    put: async (
      kind: DocumentKind,
      id: string,
      body: JsonRecord,
      expected?: DocumentVersion | null,
    ) => {
      const known = of(kind).get(id)
      if (expected !== undefined && (known?.version ?? null) !== expected)
        throw new Conflict('x', id)
      const version = String(++versions) as DocumentVersion
      of(kind).set(id, { id, body, version })
      return version
    },
    delete: async (kind: DocumentKind, id: string) => void of(kind).delete(id),
    find: async (kind: DocumentKind) => ({ documents: [...of(kind).values()] }),
  }
  return { kept, store: store as unknown as Documents }
}

const key = 'c'.repeat(32)
let random = 0
let nowMs = 1_000
let memory = documentsInMemory()
const unremembered: unknown[] = []
beforeEach(() => {
  memory = documentsInMemory()
})

const registry = (configured: object = {}) =>
  new ProjectRegistry(configuredProjects.parse(configured), {
    documents: () => memory.store,
    nowMs: () => nowMs,
    randomBytes: (count) => Buffer.alloc(count, ++random),
    onUnremembered: (failure) => void unremembered.push(failure),
  })

describe('projects of the config', () => {
  test('are as they are written, and read only', async () => {
    const projects = registry({ shop: { id: 42, keys: [key], quota: { errors: { hour: 5 } } } })
    expect(await projects.all()).toMatchObject([
      { id: 42, slug: 'shop', source: 'config', keys: [{ public: key, disabled: false }] },
    ])
    expect((await projects.find('42'))?.settings.quota.errors?.hour).toBe(5)
    await expect(projects.change(42, () => ({ name: 'x' }))).rejects.toThrow(
      /errors\.projects\.shop/,
    )
    await expect(projects.add({ slug: 'shop' })).rejects.toThrow(/already/)
    expect(memory.kept.size).toBe(0)
  })

  test('without a key get one that stays', async () => {
    const [made] = await registry({ shop: { id: 1 } }).all()
    const [again] = await registry({ shop: { id: 1, name: 'Shop' } }).all()
    expect(made?.keys[0]?.public).toMatch(/^[0-9a-f]{32}$/)
    expect(again).toMatchObject({ name: 'Shop', source: 'config', keys: made!.keys })
  })

  test('stand before those of the store', async () => {
    await registry().add({ slug: 'shop' })
    expect(await registry({ shop: { id: 9, keys: [key] } }).all()).toMatchObject([{ id: 9 }])
  })

  test('refuse ids and keys twice, and slugs that are none', () => {
    for (const wrong of [
      { a: { id: 1 }, b: { id: 1 } },
      { a: { id: 1, keys: [key] }, b: { id: 2, keys: [key] } },
      { '42': { id: 1 } },
      { Shop: { id: 1 } },
      { shop: { id: 1, keys: ['xyz'] } },
    ]) {
      expect(configuredProjects.safeParse(wrong).success).toBe(false)
    }
  })
})

describe('projects of the store', () => {
  test('are told to listeners, and seen by another registry', async () => {
    const projects = registry({ shop: { id: 42, keys: [key] } })
    const heard: number[] = []
    projects.listen((all) => void heard.push(all.length))
    const made = await projects.add({ slug: 'web', platform: 'javascript' })
    expect(made.id).toBe(43)
    expect(heard.at(-1)).toBe(2)
    expect(await registry().find('web')).toMatchObject({ id: 43, platform: 'javascript' })
    const other = await registry().add({ slug: 'api' })
    expect(other.id).toBe(44)
    nowMs += 60_000
    expect(await projects.find('api')).toBeDefined()
    await projects.remove(44)
    expect(await projects.find('api')).toBeUndefined()
  })

  test('get an id that no project had, of the store or of the config', async () => {
    const projects = registry()
    const { id } = await projects.add({ slug: 'tempa' })
    await projects.remove(id)
    expect(await projects.add({ slug: 'tempb' })).toMatchObject({ id: id + 1 })
    // Another start, whose config has a project that it had not, and one that has it no more.
    await registry({ shop: { id: 42, keys: [key] } }).all()
    const later = registry()
    expect(await later.add({ slug: 'tempc' })).toMatchObject({ id: 43 })
    await later.remove(43)
    expect(await registry().add({ slug: 'tempd' })).toMatchObject({ id: 44 })
    // Two at once, on the same store.
    const made = await Promise.all([later.add({ slug: 'one' }), registry().add({ slug: 'two' })])
    expect(new Set(made.map((project) => project.id))).toEqual(new Set([45, 46]))
  })

  test('have a slug of their own, made twice at once', async () => {
    const projects = registry()
    const made = await Promise.allSettled([
      projects.add({ slug: 'shop' }),
      projects.add({ slug: 'shop' }),
    ])
    expect(made.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
    expect((await projects.all()).map(({ slug }) => slug)).toEqual(['shop'])
  })

  test('have a slug of their own, made by two Weirs at once, whoever is the slower', async () => {
    // Each question of the store waits for its turn, which is drawn.
    const turn = (seed: number) => {
      let state = seed
      return async () => {
        state = (state * 1103515245 + 12345) % 2147483648
        for (let left = (state >> 16) % 8; left > 0; left--) await Promise.resolve()
      }
    }
    for (let seed = 0; seed < 300; seed++) {
      memory = documentsInMemory()
      const wait = turn(seed)
      const { get, put, find } = memory.store
      Object.assign(memory.store, {
        get: async (...asked: Parameters<typeof get>) => (await wait(), await get(...asked)),
        put: async (...asked: Parameters<typeof put>) => (await wait(), await put(...asked)),
        find: async (...asked: Parameters<typeof find>) => (await wait(), await find(...asked)),
      })
      const made = await Promise.allSettled([
        registry().add({ slug: 'shop' }),
        registry().add({ slug: 'shop' }),
      ])
      expect(made.filter(({ status }) => status === 'fulfilled').length).toBe(1)
      expect(memory.kept.size).toBe(1)
    }
  })

  test('are as they were changed, also where they were being read meanwhile', async () => {
    const projects = registry()
    const { id } = await projects.add({ slug: 'web' })
    const { put, find } = memory.store
    const [began, written, answered] = [1, 2, 3].map(() => Promise.withResolvers<void>())
    memory.store.put = async (...asked: Parameters<typeof put>) => {
      began!.resolve()
      await written!.promise
      return await put(...asked)
    }
    const heard: string[] = []
    projects.listen(([project]) => void heard.push(project!.name))
    const changing = projects.change(id, () => ({ name: 'Changed' }))
    await began!.promise
    memory.store.find = async (...asked: Parameters<typeof find>) => {
      const found = await find(...asked)
      await answered!.promise
      return found
    }
    nowMs += 60_000
    const reading = projects.all()
    await new Promise((resolve) => setImmediate(resolve))
    written!.resolve()
    await changing
    answered!.resolve()
    await reading
    expect(await projects.find('web')).toMatchObject({ name: 'Changed' })
    expect(heard).toEqual(['Changed'])
  })

  test('are as another Weir changed them, also where the answer to an earlier change comes late', async () => {
    const projects = registry()
    const { id } = await projects.add({ slug: 'web' })
    const { put } = memory.store
    const [written, answered] = [1, 2].map(() => Promise.withResolvers<void>())
    memory.store.put = async (...asked: Parameters<typeof put>) => {
      const version = await put(...asked)
      written!.resolve()
      await answered!.promise
      return version
    }
    const changing = projects.change(id, () => ({ name: 'Ours' }))
    await written!.promise
    memory.store.put = put
    await registry().change(id, () => ({ name: 'Theirs' }))
    nowMs += 60_000
    const reading = projects.all()
    await new Promise((resolve) => setImmediate(resolve))
    answered!.resolve()
    await Promise.all([changing, reading])
    expect(await projects.find('web')).toMatchObject({ name: 'Theirs' })
  })

  test('are read from a store that takes no writes, and are not added to', async () => {
    await registry().add({ slug: 'web' })
    const { put } = memory.store
    memory.store.put = async () => {
      throw new Error('the disk is full')
    }
    const projects = registry({ shop: { id: 42, keys: [key] } })
    expect((await projects.all()).map(({ id }) => id)).toEqual([1, 42])
    expect(unremembered).toMatchObject([{ message: 'the disk is full' }])
    await expect(projects.add({ slug: 'api' })).rejects.toThrow(/full/)
    memory.store.put = put
    expect(await projects.add({ slug: 'api' })).toMatchObject({ id: 43 })
  })

  test('removed by a Weir that remembered no ids are not remembered, those it left are', async () => {
    const body = { slug: 'old', name: 'old', keys: [], settings: {}, createdMs: 0 }
    await memory.store.put({ name: 'error_projects', fields: {} }, '7', body)
    const projects = registry()
    await projects.remove(7)
    expect(await registry().add({ slug: 'new' })).toMatchObject({ id: 8 })
  })

  test('need a store and a name', async () => {
    const without = new ProjectRegistry(
      {},
      {
        documents: () => undefined,
        nowMs: () => nowMs,
        randomBytes: Buffer.alloc,
        onUnremembered: () => undefined,
      },
    )
    expect(await without.all()).toEqual([])
    const some = { shop: { id: 1 }, web: { id: 2, keys: [key] } }
    await without.reload(configuredProjects.parse(some))
    expect((await without.all()).map(({ keys }) => keys.length)).toEqual([0, 1])
    await expect(without.add({ slug: 'a' })).rejects.toThrow(/errors\.projects/)
    for (const slug of ['', '42', 'A b', 'x'.repeat(51)]) {
      await expect(registry().add({ slug })).rejects.toThrow(/no name/)
    }
  })
})

test('commands on projects and keys', async () => {
  const projects = registry()
  const operations = projectOperations(async () => {
    return {
      projects,
      newKey: (label) => projects.newKey(label),
      baseUrl: 'https://obs.example.com/weir',
    }
  })
  const run = async (name: string, args: object = {}) => {
    const found: unknown[] = []
    for await (const item of operations[`project.${name}`]!({ ...args })) found.push(item)
    return found as ShownProject[]
  }
  const [made] = await run('add', { slug: 'shop' })
  const text = made!.keys[0]!.public
  expect(made!.keys[0]!.dsn).toBe(`https://${text}@obs.example.com/weir/1`)
  expect(made!.keys[0]!.dsn_with_secret).toMatch(`https://${text}:`)
  const [more] = await run('key.add', { project: 'shop', label: 'web', origins: ['https://a'] })
  expect(more!.keys[1]).toMatchObject({ label: 'web', origins: ['https://a'] })
  const [off] = await run('key.disable', { project: '1', key: text })
  expect(off!.keys.map(({ disabled }) => disabled)).toEqual([true, false])
  await run('key.enable', { project: '1', key: text })
  const [rotated] = await run('key.rotate', { project: 'shop', key: text })
  expect(rotated!.keys.map(({ disabled }) => disabled)).toEqual([true, false, false])
  await expect(run('key.disable', { project: 'shop', key: 'none' })).rejects.toThrow(/no key/)
  await expect(run('show', { project: 'other' })).rejects.toThrow(/there are shop/)
  expect(await run('rm', { project: 'shop' })).toEqual(['shop'])
  expect(await run('ls')).toEqual([])
})

test('an empty beginning, as of a variable that is not set, chooses no key', async () => {
  const projects = registry()
  const newKey = (label: string) => projects.newKey(label)
  const operations = projectOperations(async () => ({ projects, newKey, baseUrl: 'http://h' }))
  const run = (name: string, args: object) =>
    Array.fromAsync(operations[`project.${name}`]!({ ...args }))
  await run('add', { slug: 'shop' })
  for (const verb of ['disable', 'enable', 'rotate']) {
    for (const key of ['', '3f2']) {
      const asked = run(`key.${verb}`, { project: 'shop', key })
      await expect(asked).rejects.toThrow('4 of its characters')
    }
  }
  expect((await projects.find('shop'))!.keys).toMatchObject([{ disabled: false }])
})

test('a DSN has the path of base_url', () => {
  const one = { public: key, secret: 's', label: '', disabled: false }
  expect(dsnOf('http://h:1/p', { id: 7 }, one)).toBe(`http://${key}@h:1/p/7`)
  expect(dsnOf('http://h:1', { id: 7 }, one, true)).toBe(`http://${key}:s@h:1/7`)
})
