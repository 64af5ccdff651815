import { expect, test } from 'vitest'
import type { Batch } from '../../../core/journal/batch.ts'
import { Gatherer } from '../../../errors/ingest/gatherer.ts'

/** A journal whose appends end when the test says so. */
function journal() {
  const appends: { batches: readonly Batch[]; text: string; end: (failure?: Error) => void }[] = []
  let begun = Promise.withResolvers<void>()
  const append = (batches: readonly Batch[]) => {
    const { promise, resolve, reject } = Promise.withResolvers<'durable'>()
    const end = (failure?: Error) => (failure ? reject(failure) : resolve('durable'))
    appends.push({ batches, text: textOf(batches), end })
    begun.resolve()
    return promise
  }
  const gatherer = new Gatherer({ reports: append, logs: append }, () => undefined)
  const next = async () => {
    await begun.promise
    begun = Promise.withResolvers()
    return appends.at(-1)!
  }
  return { appends, gatherer, next }
}

const textOf = (batches: readonly Batch[]) =>
  batches.map(({ bytes }) => Buffer.from(bytes).toString()).join('')
const reports = (...lines: string[]) => ({ reports: lines, logs: [], behindLogs: [] })

test('what comes while an append is under way goes into the next, and changes nothing of it', async () => {
  const { gatherer, next, appends } = journal()
  const first = [gatherer.add(reports('a\n')), gatherer.add(reports('größe\n', '€😀\n'))]
  const one = await next()
  expect(one.text).toBe('a\ngröße\n€😀\n')
  expect(one.batches.map(({ count }) => count)).toEqual([3])
  const second = gatherer.add(reports('x'.repeat(200_000) + '\n'))
  expect(textOf(one.batches)).toBe(one.text)
  one.end()
  await Promise.all(first)
  const two = await next()
  expect(two.text).toHaveLength(200_001)
  // Written into what the first append no longer needs.
  const third = gatherer.add(reports('b\n'))
  expect(textOf(two.batches)).toBe(two.text)
  two.end()
  await second
  const three = await next()
  expect(three.text).toBe('b\n')
  three.end()
  await third
  await gatherer.settled()
  expect(appends).toHaveLength(3)
})

test('a failed append is heard by those whose lines it had, and by nobody else', async () => {
  const { gatherer, next } = journal()
  const lost = gatherer.add(reports('a\n'))
  const one = await next()
  const kept = gatherer.add(reports('b\n'))
  one.end(new Error('ENOSPC'))
  await expect(lost).rejects.toThrow('ENOSPC')
  const two = await next()
  expect(two.text).toBe('b\n')
  two.end()
  await kept
})

test('an append is bounded: more goes into one of its own', async () => {
  const { gatherer, next } = journal()
  const large = 'x'.repeat(3_000_000)
  const all = [gatherer.add(reports(large)), gatherer.add(reports(large))]
  for (const added of all) {
    const append = await next()
    expect(append.text).toHaveLength(large.length)
    append.end()
    await added
  }
})

test('logs go behind the reports, those of one stream together, and what counts them behind them', async () => {
  const { gatherer, next } = journal()
  const log = (line: string) => ({ stream: 'logs-shop-default', tag: 'shop', lines: [line] })
  const all = [
    gatherer.add({ reports: ['a\n'], logs: [log('l\n')], behindLogs: ['m\n'] }),
    gatherer.add({ reports: [], logs: [log('ü\n')], behindLogs: ['n\n'] }),
  ]
  const of = ({ batches }: { batches: readonly Batch[] }) =>
    batches.map(({ stream, count }) => [stream, count])
  const first = await next()
  expect(of(first)).toEqual([['errors-reports-default', 1]])
  first.end()
  const second = await next()
  expect(of(second)).toEqual([['logs-shop-default', 2]])
  expect(second.text).toBe('l\nü\n')
  second.end()
  const third = await next()
  expect(third.text).toBe('m\nn\n')
  third.end()
  await Promise.all(all)
  await gatherer.settled()
})

test('logs that are durable are not refused, whatever becomes of the report that counts them', async () => {
  const { gatherer, next } = journal()
  const brought = [{ stream: 'logs-shop-default', tag: 'shop', lines: ['l\n'] }]
  const sent = gatherer.add({ reports: [], logs: brought, behindLogs: ['m\n'] })
  const logs = await next()
  expect(logs.text).toBe('l\n')
  logs.end()
  const behind = await next()
  expect(behind.text).toBe('m\n')
  behind.end(new Error('ENOSPC'))
  await expect(sent).resolves.toBeUndefined()
})

test('who sent reports alone does not wait for the logs of others, nor fail with them', async () => {
  const { gatherer, next } = journal()
  const logs = [{ stream: 'logs-shop-default', tag: 'shop', lines: ['l\n'] }]
  const kept = gatherer.add(reports('a\n'))
  const lost = gatherer.add({ reports: ['b\n'], logs, behindLogs: [] })
  const first = await next()
  first.end()
  await kept
  const second = await next()
  second.end(new Error('ENOSPC'))
  await expect(lost).rejects.toThrow('ENOSPC')
})

test('reports do not wait for the logs of those before them', async () => {
  const { gatherer, next } = journal()
  const logs = [{ stream: 'logs-shop-default', tag: 'shop', lines: ['l\n'] }]
  const waiting = gatherer.add({ reports: [], logs, behindLogs: [] })
  const held = await next()
  const added = gatherer.add(reports('a\n'))
  const report = await next()
  expect(report.text).toBe('a\n')
  report.end()
  await added
  held.end()
  await waiting
  await gatherer.settled()
})

test('where reports cannot be written their logs are not either: they would be sent again', async () => {
  const { gatherer, next, appends } = journal()
  const lines = ['l\n']
  const logs = [{ stream: 'logs-shop-default', tag: 'shop', lines }]
  const lost = gatherer.add({ reports: ['a\n'], logs, behindLogs: [] })
  const { end } = await next()
  end(new Error('ENOSPC'))
  await expect(lost).rejects.toThrow('ENOSPC')
  expect(appends).toHaveLength(1)
})
