import {
  appendFileSync as append,
  linkSync,
  mkdirSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync as write,
} from 'node:fs'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Stage } from './stage.ts'

let stage: Stage
let config: Record<string, unknown>
beforeEach(() => {
  stage = new Stage()
  config = { paths: [stage.path('**/*.log')], tag: 'app' }
})
afterEach(() => stage.clear())
const texts = () => stage.journal.texts().toSorted()
/** Long enough for whatever is forgotten, and for every name to be looked at anew. */
const settle = async () => {
  for (let i = 0; i < 3; i++) await stage.quiesce()
}

/** What was read before, the names being changed then. */
interface Case {
  readonly before: Record<string, string>
  readonly change: () => void
  /** Every line, once. */
  readonly lines: readonly string[]
}

const cases: Record<string, () => Case> = {
  'a file renamed to another name': () => ({
    before: { 'a.log': 'a\n' },
    change: () => renameSync(stage.path('a.log'), stage.path('z.log')),
    lines: ['a'],
  }),
  'a file renamed, with a new line': () => ({
    before: { 'a.log': 'a\n' },
    change: () => {
      renameSync(stage.path('a.log'), stage.path('z.log'))
      append(stage.path('z.log'), 'more\n')
    },
    lines: ['a', 'more'],
  }),
  'a file renamed, another in its place, and a copy beside it': () => ({
    before: { 'a.log': 'a\n' },
    change: () => {
      write(stage.path('a.log.copy'), 'a\n')
      renameSync(stage.path('a.log'), stage.path('z.log'))
      write(stage.path('a.log'), 'new\n')
    },
    lines: ['a', 'new'],
  }),
  'a file moved to another folder': () => ({
    before: { 'a.log': 'a\n' },
    change: () => {
      mkdirSync(stage.path('sub'))
      renameSync(stage.path('a.log'), stage.path('sub/b.log'))
    },
    lines: ['a'],
  }),
  'two files that changed names': () => ({
    before: { 'a.log': 'a\n', 'b.log': 'b\nb2\n' },
    change: () => {
      renameSync(stage.path('a.log'), stage.path('c'))
      renameSync(stage.path('b.log'), stage.path('a.log'))
      renameSync(stage.path('c'), stage.path('b.log'))
      append(stage.path('a.log'), 'b3\n')
    },
    lines: ['a', 'b', 'b2', 'b3'],
  }),
  'files that are numbered before their extension': () => ({
    before: { 'app.log': 'b\n', 'app.1.log': 'a\n' },
    change: () => {
      renameSync(stage.path('app.1.log'), stage.path('app.2.log'))
      append(stage.path('app.log'), 'b2\n')
      renameSync(stage.path('app.log'), stage.path('app.1.log'))
      write(stage.path('app.log'), 'c\n')
    },
    lines: ['a', 'b', 'b2', 'c'],
  }),
  'a name that is gone of two': () => ({
    before: { 'h1.log': 'h\n' },
    change: () => {
      linkSync(stage.path('h1.log'), stage.path('h2.log'))
      rmSync(stage.path('h1.log'))
      append(stage.path('h2.log'), 'h2\n')
    },
    lines: ['h', 'h2'],
  }),
  'a renamed folder, its log rotated before': () => ({
    before: { 'app/app.log': 'a\n' },
    change: () => {
      append(stage.path('app/app.log'), 'unread\n')
      renameSync(stage.path('app/app.log'), stage.path('app/app.log.1'))
      write(stage.path('app/app.log'), 'new\n')
      renameSync(stage.path('app'), stage.path('app2'))
    },
    lines: ['a', 'new', 'unread'],
  }),
  'a renamed folder, with what was rotated before it was followed': () => ({
    before: { 'app/app.log': 'a\n', 'app/app.log.1': 'old\n' },
    change: () => renameSync(stage.path('app'), stage.path('app2')),
    lines: ['a'],
  }),
}

describe.each(Object.entries(cases))('%s', (_, make) => {
  async function begin({ before }: Case) {
    mkdirSync(stage.path('app'))
    for (const [name, text] of Object.entries(before)) write(stage.path(name), text)
    if ('app/app.log.1' in before) utimesSync(stage.path('app/app.log.1'), 1e9, 1e9)
    await stage.start(config)
    await settle()
  }

  test('while Weir is stopped: each line once', async () => {
    const { change, lines, ...given } = make()
    await begin({ change, lines, ...given })
    await stage.stop()
    change()
    await stage.start(config)
    await settle()
    expect(texts()).toEqual(lines)
    // Nor after another restart.
    await stage.stop()
    await stage.start(config)
    await settle()
    expect(texts()).toEqual(lines)
  })

  test.each(['open', 'closed'])(
    'while Weir runs, the file being %s: each line once',
    async (how) => {
      if (how === 'closed') config['close_idle'] = '1s'
      const { change, lines, ...given } = make()
      await begin({ change, lines, ...given })
      change()
      await settle()
      expect(texts()).toEqual(lines)
      await stage.stop()
      await stage.start(config)
      await settle()
      expect(texts()).toEqual(lines)
    },
  )
})

test('what comes after a file was renamed has its new path', async () => {
  write(stage.path('a.log'), 'a\n')
  await stage.start(config)
  await settle()
  await stage.stop()
  renameSync(stage.path('a.log'), stage.path('z.log'))
  append(stage.path('z.log'), 'z\n')
  await stage.start(config)
  await settle()
  const paths = stage.journal.events.map(({ context }) => context)
  expect(paths).toEqual(
    ['a.log', 'z.log'].map((name) => ({ log: { file: { path: stage.path(name) } } })),
  )
})

test('a log that was renamed and is rotated then is read on', async () => {
  write(stage.path('a.log'), 'a\n')
  await stage.start(config)
  await settle()
  renameSync(stage.path('a.log'), stage.path('z.log'))
  await settle()
  append(stage.path('z.log'), 'b\n')
  renameSync(stage.path('z.log'), stage.path('z.log.1'))
  write(stage.path('z.log'), 'c\n')
  await settle()
  expect(texts()).toEqual(['a', 'b', 'c'])
})

test('with several workers, logs renamed while Weir is stopped lose nothing to each other', async () => {
  const names = 'abcdefghij'.split('')
  const all = async () => {
    for (const index of [0, 1, 2]) {
      await stage.start({ ...config, read_from: 'end' }, { worker: { index, count: 3 } })
      await settle()
      await stage.stop()
    }
  }
  for (const name of names) write(stage.path(`${name}.log`), 'old\n')
  await all()
  for (const name of names) {
    renameSync(stage.path(`${name}.log`), stage.path(`${name}.1.log`))
    write(stage.path(`${name}.log`), `${name}\n`)
  }
  await all()
  // What goes to another worker is read from its start: the other lines are not lost for it.
  expect(texts().filter((text) => text !== 'old')).toEqual(expect.arrayContaining(names))
  expect(texts().filter((text) => text !== 'old')).toHaveLength(names.length)
})

test('another file with a used inode, on a file system that tells no birth, is read from its start', async () => {
  const real = stage.files
  const birthless = (path: string, last?: Parameters<typeof real.stat>[1]) => {
    const seen = real.stat(path, last)
    if (seen?.kind !== 'file') return seen
    return new Proxy(seen, {
      get(target, key) {
        if (key === 'id') return 'one:inode:0'
        const value: unknown = Reflect.get(target, key, target)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
  }
  stage.files = {
    ...real,
    stat: birthless,
    open(path) {
      const file = real.open(path)
      return { ...file, stat: () => birthless(path)! }
    },
  }
  write(stage.path('a.log'), 'a\n')
  await stage.start(config)
  await settle()
  await stage.stop()
  rmSync(stage.path('a.log'))
  write(stage.path('z.log'), 'another\n')
  await stage.start(config)
  await settle()
  expect(texts()).toEqual(['a', 'another'])
})
