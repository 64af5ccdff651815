import {
  appendFileSync,
  copyFileSync,
  existsSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Stage } from '../collector/inputs/tail/stage.ts'

type Step =
  | { do: 'append'; lines: number; width: number }
  | { do: 'part' | 'rename' | 'copy' | 'delete' | 'kill' | 'start' | 'hold' | 'release' }
  | { do: 'gzip'; which: number }
  | { do: 'poll'; ms: number }

const simple = (
  ...names: ('part' | 'rename' | 'copy' | 'delete' | 'kill' | 'start' | 'hold' | 'release')[]
) => fc.constantFrom(...names).map((name): Step => ({ do: name }))

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('append' as const),
      lines: fc.integer({ min: 1, max: 40 }),
      width: fc.constantFrom(3, 20, 300),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('poll' as const),
      ms: fc.constantFrom(0, 300, 300, 3000, 11_000),
    }),
  },
  { weight: 6, arbitrary: simple('rename', 'copy') },
  { weight: 2, arbitrary: simple('part', 'delete') },
  { weight: 4, arbitrary: simple('kill', 'start', 'start') },
  { weight: 2, arbitrary: simple('hold', 'release') },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('gzip' as const),
      which: fc.integer({ min: 1, max: 3 }),
    }),
  },
)

/** A writer of numbered lines, and logrotate, and a tail that is killed at will. */
class World {
  readonly stage = new Stage()
  readonly log = this.stage.path('app.log')
  readonly written: string[] = []
  readonly config: Record<string, unknown>
  readonly header: boolean
  #next = 0
  #part = ''

  constructor(glob: boolean, header: boolean) {
    this.header = header
    this.config = {
      paths: [this.stage.path(glob ? 'app.log*' : 'app.log')],
      read_bytes_limit: 4096,
      read_size: 4096,
      max_line_size: 2000,
      close_idle: '8s',
    }
    this.#create()
  }

  async take(step: Step): Promise<void> {
    const { stage } = this
    if (step.do === 'append') this.#append(step.lines, step.width)
    else if (step.do === 'part') this.#appendPart()
    else if (step.do === 'rename') this.#rename()
    else if (step.do === 'copy') this.#copy()
    else if (step.do === 'delete') await this.#delete()
    else if (step.do === 'gzip') this.#gzip(step.which)
    else if (step.do === 'kill') await stage.kill()
    else if (step.do === 'start') await this.#start()
    else if (step.do === 'hold') stage.journal.holding = true
    else if (step.do === 'release') stage.journal.release()
    else if (step.do === 'poll' && stage.tail) await stage.poll(step.ms)
  }

  /** A log that was rotated before anybody followed it is nobody's. */
  async begin(): Promise<void> {
    await this.#start()
    await this.stage.poll()
  }

  async finish(): Promise<void> {
    this.stage.journal.release()
    await this.#start()
    await this.stage.quiesce()
    this.#finishPart()
    await this.stage.quiesce()
  }

  async #start() {
    if (this.stage.tail) return
    await this.stage.start(this.config)
    await this.stage.poll(0)
  }
  #create() {
    writeFileSync(this.log, this.header ? 'HEADER\n' : '', { flag: 'a' })
  }
  #append(lines: number, width: number) {
    let text = ''
    for (let i = 0; i < lines; i++) {
      const line = `${this.#next++} ${'x'.repeat(width)}`
      text += `${line}\n`
      this.written.push(this.#part + line)
      this.#part = ''
    }
    appendFileSync(this.log, text)
  }
  #appendPart() {
    const part = `part${this.#next++}-`
    this.#part += part
    appendFileSync(this.log, part)
  }
  /** The writer goes on in another file, so what it had begun stays as it is. */
  #leavePart() {
    if (this.#part !== '') this.written.push(this.#part)
    this.#part = ''
  }
  #finishPart() {
    if (this.#part === '') return
    this.written.push(this.#part)
    this.#part = ''
    appendFileSync(this.log, '\n')
  }
  #shift() {
    const { stage } = this
    let last = 1
    while (
      existsSync(stage.path(`app.log.${last}`)) ||
      existsSync(stage.path(`app.log.${last}.gz`))
    )
      last++
    for (let n = last - 1; n >= 1; n--) {
      for (const end of ['', '.gz']) {
        const from = stage.path(`app.log.${n}${end}`)
        if (existsSync(from)) renameSync(from, stage.path(`app.log.${n + 1}${end}`))
      }
    }
  }
  #rename() {
    this.#shift()
    renameSync(this.log, this.stage.path('app.log.1'))
    this.#leavePart()
    this.#create()
  }
  #copy() {
    this.#shift()
    copyFileSync(this.log, this.stage.path('app.log.1'))
    truncateSync(this.log)
    this.#leavePart()
    this.#create()
  }
  /** Only what was read may go; with nobody reading it would be lost, and rightly. */
  async #delete() {
    if (!this.stage.tail) return
    this.#finishPart()
    this.stage.journal.release()
    await this.stage.poll(11_000)
    await this.stage.quiesce()
    rmSync(this.log)
    this.#create()
  }
  #gzip(which: number) {
    const path = this.stage.path(`app.log.${which}`)
    if (!existsSync(path)) return
    const { atimeMs, mtimeMs } = statSync(path)
    writeFileSync(`${path}.gz`, gzipSync(readFileSync(path)))
    utimesSync(`${path}.gz`, Math.floor(atimeMs) / 1000, Math.floor(mtimeMs) / 1000)
    rmSync(path)
  }
}

const runs = Number(process.env['FUZZ_RUNS'] ?? 400)

for (const glob of [false, true]) {
  for (const header of [false, true]) {
    test(`nothing lost, nothing doubled: ${glob ? 'copies in the glob' : 'one path'}, ${header ? 'same first lines' : 'own first lines'}`, async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
          const world = new World(glob, header)
          try {
            await world.begin()
            for (const one of steps) await world.take(one)
            await world.finish()
            const got = world.stage.journal.texts().filter((text) => text !== 'HEADER')
            const key = (text: string) => text.split(' ')[0]!
            expect(got.map(key).toSorted()).toEqual(world.written.map(key).toSorted())
          } finally {
            await world.stage.clear()
          }
        }),
        { numRuns: Math.ceil(runs / 4) },
      )
    })
  }
}
