import { expect, test } from 'vitest'
import { isPassing, Memory } from '../../../store/embedded/memory.ts'
import { SearchError } from '../../../store/search.ts'

const full = () => new Error('Out of Memory Error: failed to allocate data of size 8.0 MiB')

test('a question that finds no memory beside others is answered after them', async () => {
  const memory = new Memory(512_000_000)
  const order: string[] = []
  const other = Promise.withResolvers<void>()
  const others = memory.share(async () => {
    await other.promise
    order.push('others')
  })
  const greedy = memory.share(async () => {
    if (!order.includes('others')) throw full()
    order.push('greedy')
  })
  await new Promise((resolve) => setImmediate(resolve))
  // What comes while it waits waits for it in turn.
  const later = memory.share(async () => void order.push('later'))
  other.resolve()
  await Promise.all([others, greedy, later])
  expect(order).toEqual(['others', 'greedy', 'later'])
})

test('two that need all of it get it one after the other', async () => {
  const memory = new Memory(512_000_000)
  let running = 0
  const question = async () => {
    running += 1
    await new Promise((resolve) => setImmediate(resolve))
    const isAlone = running === 1
    running -= 1
    if (!isAlone) throw full()
    return 'answered'
  }
  const both = [memory.share(question), memory.share(question), memory.share(question)]
  expect(await Promise.all(both)).toEqual(['answered', 'answered', 'answered'])
})

test('one that is too large even alone is told what would help', async () => {
  const memory = new Memory(512_000_000)
  const failure = await memory
    .share(() => Promise.reject(full()))
    .catch((thrown: unknown) => thrown)
  expect(failure).toBeInstanceOf(SearchError)
  expect(failure).toMatchObject({ status: 429, type: 'circuit_breaking_exception' })
  expect((failure as Error).message).toContain('store.memory_limit (512MB)')
  expect(await memory.share(() => Promise.resolve(1))).toBe(1)
})

test('other failures are as they are, and keep nobody waiting', async () => {
  const memory = new Memory(1)
  await expect(memory.share(() => Promise.reject(new Error('odd')))).rejects.toThrow('odd')
  expect(await memory.share(() => Promise.resolve(1))).toBe(1)
})

test.each([
  ['Out of Memory Error: failed to allocate', true],
  ['IO Error: Cannot open file "x": Too many open files', true],
  ['IO Error: Could not write file "x": No space left on device', true],
  ['INTERRUPT Error: Interrupted!', true],
  ['Invalid Input Error: No magic bytes found at end of file', false],
])('%s says nothing of the file: %j', (message, passing) => {
  expect(isPassing(new Error(message))).toBe(passing)
})
