/** Opened only to look: what is there is there afterwards. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { systemFiles } from '../../../../core/files.ts'
import { embeddedConfig } from '../../../../store/embedded/config.ts'
import { EmbeddedEngine } from '../../../../store/embedded/engine.ts'
import { journalLook } from '../../../../store/embedded/journal_look.ts'
import { linesOf, openJournal } from '../../../core/journal/setup.ts'
import { inProcess, openStore, testContext } from '../setup.ts'

const deadline = () => AbortSignal.timeout(10_000)

test('a look at a store whose manifest is lost leaves all of its files as they are', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-look-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const store = await openStore({}, inProcess(), folder)
  for (const n of [1, 2, 3]) {
    await store.append(linesOf([n]))
    await store.engine.refresh()
  }
  await store.close()
  for (const suffix of ['', '-wal', '-shm'])
    rmSync(join(folder, `store/manifest.sqlite${suffix}`), { force: true })
  const segments = join(folder, 'store/segments')
  const files = () =>
    readdirSync(segments, { recursive: true, withFileTypes: true })
      .filter((each) => each.isFile())
      .map(({ parentPath, name }) => join(parentPath, name))
      .toSorted()
      .map((path) => [path, readFileSync(path, 'latin1')])
  const before = files()
  const journal = await openJournal({ files: systemFiles, dataFolder: folder }, 'look')
  const options = { threads: 1, memory_limit: '256MB', retention: { age: '40000d' } }
  const engine = new EmbeddedEngine(embeddedConfig.parse(options), {
    context: testContext(folder),
    feed: journalLook(journal),
    routes: { outputs: [{ match: '**', final: false, isStore: true }], points: true },
    startChild: inProcess(),
    openedFor: 'look',
  })
  await engine.start()
  await engine.refresh()
  // What the journal still has: 1, 2 and 3 in one segment.
  const { hits } = await engine.search('logs-a-default', {}, {}, deadline())
  expect(hits).toHaveLength(3)
  expect(files().length).toBeGreaterThan(before.length)
  await engine.stop(deadline())
  expect(files()).toEqual(before)
})
