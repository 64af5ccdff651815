import { appendFileSync as append, symlinkSync, writeFileSync as write } from 'node:fs'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Stage } from './stage.ts'

let stage: Stage
beforeEach(() => {
  stage = new Stage()
})
afterEach(() => stage.clear())

test.skipIf(process.platform !== 'linux').each(['/proc/uptime', '/sys/kernel/uevent_seqnum'])(
  'a file that the kernel makes up is not read, and that is said once (%s)',
  async (target) => {
    const link = stage.path('kernel.log')
    symlinkSync(target, link)
    const warnings: unknown[] = []
    const warn = (...given: unknown[]) => void warnings.push(given)
    const logger = Object.assign(pino({ level: 'silent' }), { warn })
    await stage.start({ paths: [stage.path('*.log')] }, { log: logger })
    for (let i = 0; i < 20; i++) await stage.poll(6000)
    expect(stage.journal.texts()).toEqual([])
    expect(warnings).toHaveLength(1)
    expect(stage.tail!.status()).toMatchObject({
      files_known: 0,
      folder_problems: { [link]: expect.stringContaining('not followed') as string },
    })
  },
)

test('an empty file and one of a page are followed', async () => {
  const line = 'x'.repeat(4095)
  write(stage.path('empty.log'), '')
  write(stage.path('page.log'), `${line}\n`)
  await stage.start({ paths: [stage.path('*.log')] })
  await stage.poll()
  append(stage.path('empty.log'), 'a\n')
  await stage.quiesce()
  expect(stage.journal.texts()).toEqual([line, 'a'])
})
