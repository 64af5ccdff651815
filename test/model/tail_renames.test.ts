import {
  appendFileSync as append,
  existsSync,
  mkdirSync,
  renameSync,
  rmSync,
  writeFileSync as write,
} from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { systemTailFiles } from '../../collector/inputs/tail/files.ts'
import { Stage } from '../collector/inputs/tail/stage.ts'

const names = ['a.log', 'b.log', 'z.log', 'sub/a.log', 'sub/q.log']
const name = fc.constantFrom(...names)

type Step =
  | { do: 'write'; name: string; long: boolean }
  | { do: 'rename'; name: string; to: string }
  | { do: 'stop' | 'kill' | 'start' | 'poll' | 'settle' }

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('write'), name, long: fc.boolean() }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('rename'), name, to: name }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constantFrom('stop', 'kill', 'start', 'poll', 'settle') }),
  },
)

/** A folder of logs that are renamed to names of each other's, whether Weir runs or not. */
class Renamed {
  readonly stage = new Stage()
  readonly lines: string[] = []

  constructor() {
    mkdirSync(this.stage.path('sub'))
  }

  async start(): Promise<void> {
    const paths = [this.stage.path('*.log'), this.stage.path('sub/*.log')]
    if (!this.stage.tail) await this.stage.start({ paths, tag: 'app' })
  }

  async take(step: Step): Promise<void> {
    const { stage } = this
    if (step.do === 'write') {
      const line = `${this.lines.length} ${step.long ? 'x'.repeat(1500) : 'x'}`
      this.lines.push(line)
      append(stage.path(step.name), `${line}\n`)
    } else if (step.do === 'rename') {
      const [from, to] = [stage.path(step.name), stage.path(step.to)]
      if (existsSync(from) && !existsSync(to)) renameSync(from, to)
    } else if (step.do === 'start') await this.start()
    else if (!stage.tail) return
    else if (step.do === 'stop') await stage.stop()
    else if (step.do === 'kill') await stage.kill()
    else if (step.do === 'poll') await stage.poll()
    else for (let i = 0; i < 3; i++) await stage.quiesce()
  }
}

test('logs that get other names of their globs, however often, are read once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
      const renamed = new Renamed()
      try {
        await renamed.start()
        for (const each of steps) await renamed.take(each)
        await renamed.start()
        await renamed.take({ do: 'settle' })
        expect(renamed.stage.journal.texts().toSorted()).toEqual(renamed.lines.toSorted())
      } finally {
        await renamed.stage.clear()
      }
    }),
    { numRuns: Number(process.env['FUZZ_RUNS'] ?? 100) },
  )
})

/** What a rotated log is renamed to, and again so many looks later. */
const twice = [
  { to: 'a.log.2', last: 'z.log', later: 0 },
  { to: 'a.log.2', last: 'z.log', later: 8 },
  { to: 'elsewhere', last: 'a.log.2', later: 11 },
]

/** A log that was rotated while Weir was stopped, with a line that was not read; Weir is stopped. */
async function rotatedUnread(): Promise<{ stage: Stage; lines: string[] }> {
  const stage = new Stage()
  const first = 'x'.repeat(2000)
  write(stage.path('a.log'), `${first}\n`)
  await stage.start({ paths: [stage.path('*.log')], tag: 'app' })
  await stage.poll()
  await stage.stop()
  append(stage.path('a.log'), 'unread\n')
  renameSync(stage.path('a.log'), stage.path('a.log.1'))
  write(stage.path('a.log'), 'new\n')
  return { stage, lines: [first, 'unread', 'new'] }
}

test.each(twice)(
  'a rotated log with an unread line that gets two names at any look of a start is read on: %o',
  async ({ to, last, later }) => {
    for (let moment = 0, reached = true; reached; moment++) {
      const { stage, lines } = await rotatedUnread()
      reached = false
      let isDone = false
      let looks = 0
      const renameLast = () => {
        renameSync(stage.path(to), stage.path(last))
        isDone = true
      }
      const look = () => {
        if (looks === moment) {
          reached = true
          renameSync(stage.path('a.log.1'), stage.path(to))
        }
        if (looks === moment + later) renameLast()
        looks += 1
      }
      stage.files = {
        ...systemTailFiles,
        open: (path) => (look(), systemTailFiles.open(path)),
        stat: (path) => (look(), systemTailFiles.stat(path)),
        list: (path) => (look(), systemTailFiles.list(path)),
      }
      await stage.start({ paths: [stage.path('*.log')], tag: 'app' })
      await stage.quiesce()
      if (reached && !isDone) renameLast()
      for (let i = 0; i < 2; i++) await stage.quiesce()
      const texts = stage.journal.texts().toSorted()
      await stage.clear()
      expect(texts, `renamed at look ${moment}`).toEqual(lines.toSorted())
    }
  },
)

test('a rotated log with an unread line that is deleted before it is opened is counted after rotate_wait', async () => {
  const { stage, lines } = await rotatedUnread()
  try {
    await stage.start({ paths: [stage.path('*.log')], tag: 'app' })
    rmSync(stage.path('a.log.1'))
    await stage.quiesce()
    expect(stage.journal.texts()).toEqual(lines.filter((line) => line !== 'unread'))
    expect([...stage.journal.counts]).toEqual([['unread_at_delete', 'unread\n'.length]])
  } finally {
    await stage.clear()
  }
})
