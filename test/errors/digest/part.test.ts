import { expect, test } from 'vitest'
import { errorsConfig } from '../../../errors/config.ts'
import { DigestPart } from '../../../errors/digest/part.ts'
import type { ErrorsWorld } from '../../../errors/part.ts'
import { fakeContext } from '../../collector/fake_world.ts'

test('a stop waits for what the thread needs no longer than its deadline', async () => {
  const projects = Promise.withResolvers<never[]>()
  const feed = {
    cursor: {},
    listen: () => () => undefined,
    partitions: () => [],
    save: async () => undefined,
  }
  const journal = {
    partitions: [],
    readers: () => [],
    feed: () => feed,
    releaseFeed: async () => undefined,
    positions: () => new Map(),
    seed: async () => ({}),
  }
  const part = new DigestPart(errorsConfig.parse({}), {
    contextOf: () => fakeContext(),
    journal,
    files: { size: async () => undefined },
    projects: { listen: () => () => undefined, all: () => projects.promise },
  } as unknown as ErrorsWorld)
  await part.start()
  const asked = expect(part.call('web.issues', {})).rejects.toMatchObject({
    code: 'WEIR_NOT_RUNNING',
  })
  await part.stop(AbortSignal.abort())
  projects.resolve([])
  await asked
})
