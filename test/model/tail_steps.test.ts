import {
  appendFileSync,
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import process from 'node:process'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { systemTailFiles } from '../../collector/inputs/tail/files.ts'
import { Stage } from '../collector/inputs/tail/stage.ts'

type Method = 'create' | 'copytruncate' | 'compress'
/** What the application and logrotate do, one after the other. */
type Deed = { do: 'write'; lines: number; width: number } | { do: Method }

const writing = fc.record({
  do: fc.constant('write' as const),
  lines: fc.integer({ min: 1, max: 5 }),
  width: fc.constantFrom(3, 100, 400),
})
/** Compressing has moments of its own, a few looks long, in which a log is read twice: docs/TAIL.md. */
const rotate = fc.record({ do: fc.constantFrom<Method>('create', 'copytruncate') })
const deed = fc.oneof<fc.WeightedArbitrary<Deed>[]>(
  { weight: 3, arbitrary: writing },
  { weight: 2, arbitrary: rotate },
)

interface Variant {
  /** Lines that a program begins each of its logs with. */
  readonly banner: number
  /** Copies are in the pattern too. */
  readonly glob: boolean
  /** How much is read at once. */
  readonly sizes: object
}

/** A log whose writer and logrotate do what they do call by call, between any two looks of a tail. */
class World {
  readonly stage = new Stage()
  readonly log = this.stage.path('app.log')
  readonly written: string[] = []
  readonly done: string[] = []
  readonly #banner: string
  /** At which look the tail is killed: from then on it sees and delivers nothing. */
  killAt = Infinity
  looks = 0
  /** Called before each look at the file system. */
  onLook: () => void = () => undefined
  #next = 0

  constructor(banner: number) {
    this.#banner = Array.from({ length: banner }, (_, n) => `# ${n} ${'='.repeat(80)}\n`).join('')
    const look = () => this.#look()
    const { stat, list, open, real } = systemTailFiles
    this.stage.files = {
      stat: (...given) => (look(), stat(...given)),
      list: (folder) => (look(), list(folder)),
      real: (path) => (look(), real(path)),
      open: (path) => {
        look()
        const file = open(path)
        return {
          ...file,
          read: (...given) => (look(), file.read(...given)),
          readNow: (...given) => (look(), file.readNow(...given)),
        }
      },
    }
    this.#write(1, 3)
  }

  #look(): void {
    if (this.looks++ >= this.killAt) {
      this.stage.journal.holding = true
      throw new Error('killed')
    }
    this.onLook()
  }

  /** The calls to the file system that a deed is made of; each is done when the next is asked for. */
  *calls(deed: Deed): Generator<undefined> {
    for (const call of this.#calls(deed)) {
      this.done.push(call)
      yield
    }
  }

  all(deeds: readonly Deed[]): void {
    for (const deed of deeds) Array.from(this.calls(deed))
  }

  /** The files' times are the machine's, so the tail's are too; but what it waits for passes when it is told. */
  async start({ glob, sizes }: Variant): Promise<void> {
    const { clock } = this.stage
    const paths = [glob ? `${this.log}*` : this.log]
    const exclude_paths = glob ? [`${this.log}*.gz`] : []
    const monotonic = () => clock.monotonic()
    const sleep = (ms: number, signal?: AbortSignal) => clock.sleep(ms, signal)
    await this.stage.start(
      { paths, exclude_paths, tag: 'app', ...sizes },
      { clock: { now: Date.now, monotonic, sleep } },
    )
  }

  /** Kills the tail after so many looks, wherever it is by then, and starts it again; not if it never gets there. */
  async killAfter(looks: number, variant: Variant): Promise<void> {
    this.killAt = this.looks + looks
    await this.stage.quiesce()
    const isKilled = this.looks > this.killAt
    this.killAt = Infinity
    if (!isKilled) return
    this.done.push('kill')
    await this.stage.kill()
    await this.start(variant)
  }

  *#calls(deed: Deed): Generator<string> {
    if (deed.do === 'write') {
      this.#write(deed.lines, deed.width)
      yield `write to ${this.#next}`
      return
    }
    yield* this.#shift()
    const copy = this.#copy(1)
    if (deed.do === 'copytruncate') {
      yield* this.#fill(copy, readFileSync(this.log))
      truncateSync(this.log)
      yield 'truncate'
      return
    }
    renameSync(this.log, copy)
    yield 'rename log'
    writeFileSync(this.log, '')
    yield 'create log'
    if (deed.do === 'compress') yield* this.#pack(copy)
  }

  /** Its names are those that were there when it began. */
  *#shift(): Generator<string> {
    let last = 1
    while (existsSync(this.#copy(last)) || existsSync(`${this.#copy(last)}.gz`)) last++
    for (let n = last - 1; n >= 1; n--) {
      for (const end of ['', '.gz']) {
        const from = `${this.#copy(n)}${end}`
        if (!existsSync(from)) continue
        renameSync(from, `${this.#copy(n + 1)}${end}`)
        yield `rename ${n}${end}`
      }
    }
  }

  *#pack(path: string): Generator<string> {
    const { atimeMs, mtimeMs } = statSync(path)
    yield* this.#fill(`${path}.gz`, gzipSync(readFileSync(path)))
    utimesSync(`${path}.gz`, Math.floor(atimeMs) / 1000, Math.floor(mtimeMs) / 1000)
    rmSync(path)
    yield 'remove what was packed'
  }

  *#fill(path: string, content: Buffer): Generator<string> {
    closeSync(openSync(path, 'wx'))
    yield 'make copy'
    const half = content.length >> 1
    appendFileSync(path, content.subarray(0, half))
    yield 'half a copy'
    appendFileSync(path, content.subarray(half))
    yield 'whole copy'
  }

  #copy(generation: number): string {
    return `${this.log}.${generation}`
  }

  #write(lines: number, width: number): void {
    let text = ''
    for (let i = 0; i < lines; i++) {
      const n = this.#next++
      // No two generations have the same bytes at the same place, but for their banner.
      const line = `${n} ${`${n}x`.repeat(width).slice(0, width)}`
      this.written.push(line)
      text += `${line}\n`
    }
    const isNew = !existsSync(this.log) || statSync(this.log).size === 0
    appendFileSync(this.log, isNew ? this.#banner + text : text)
  }
}

const runs = Number(process.env['FUZZ_RUNS'] ?? 400)
const sorted = (texts: readonly string[]) =>
  texts
    .filter((text) => !text.startsWith('#'))
    .map((text) => Number(text.split(' ')[0]))
    .toSorted((a, b) => a - b)

type Case = [
  before: Deed[],
  stopped: Deed[] | null,
  during: [number, Deed][],
  pace: number,
  kills: number[],
]

const write = (lines: number, width: number): Deed => ({ do: 'write', lines, width })
const line = write(1, 3)
const create: Deed = { do: 'create' }
const copytruncate: Deed = { do: 'copytruncate' }
const compress: Deed = { do: 'compress' }
/** What lost or doubled lines once. */
const found: Case[] = [
  // Truncated after it was found and before it was read.
  [
    [create],
    [create, line],
    [
      [43, copytruncate],
      [0, line],
    ],
    3,
    [],
  ],
  // Renamed between the looks at its two names.
  [
    [create, create],
    [line, copytruncate, copytruncate],
    [
      [8, create],
      [0, line],
    ],
    15,
    [],
  ],
  // A copy of the same instant as its original, by a coarse clock.
  [
    [line],
    [],
    [
      [11, copytruncate],
      [12, line],
      [75, create],
      [0, line],
    ],
    1,
    [],
  ],
  // Renamed after it was compared.
  [
    [create, line],
    [line],
    [
      [6, compress],
      [49, create],
    ],
    2,
    [],
  ],
  // Compressed while the copy itself was found.
  [
    [],
    [create, line],
    [
      [0, compress],
      [0, create],
    ],
    15,
    [],
  ],
  // Shorter than what was read, and begins with the same banner: no copy of it. The true one was just being renamed.
  [
    [write(4, 3), write(3, 100), write(5, 400)],
    [write(2, 400), write(3, 400), write(5, 100), copytruncate, write(4, 3), copytruncate],
    [
      [25, copytruncate],
      [0, copytruncate],
      [47, create],
      [32, write(1, 400)],
    ],
    15,
    [],
  ],
  // Killed while it was in doubt what was rotated, the log itself being read on.
  [
    [copytruncate],
    [],
    [
      [32, write(5, 100)],
      [8, copytruncate],
      [49, write(2, 100)],
      [55, create],
      [48, write(5, 100)],
    ],
    3,
    [74, 65],
  ],
  // Killed when a log that was rotated before it was first read had a successor that was known.
  [
    [],
    [create],
    [
      [6, line],
      [20, create],
      [48, copytruncate],
    ],
    15,
    [236],
  ],
]

/** @param pace looks between two calls. */
async function check(variant: Variant) {
  const late = fc.tuple(fc.nat({ max: 60 }), deed)
  const property = fc.asyncProperty(
    fc.array(deed, { maxLength: 3 }),
    fc.option(fc.array(deed, { maxLength: 6 })),
    fc.array(late, { minLength: 1, maxLength: 6 }),
    fc.constantFrom(1, 2, 3, 7, 15),
    fc.array(fc.nat({ max: 300 }), { maxLength: 2 }),
    async (before, stopped, during, pace, kills) => {
      const world = new World(variant.banner)
      const { stage } = world
      const work = (function* () {
        for (const [pause, one] of during) {
          for (let i = 0; i < pause; i++) yield
          for (const _ of world.calls(one)) for (let i = 0; i < pace; i++) yield
        }
      })()
      try {
        await world.start(variant)
        await stage.poll()
        world.all(before)
        await stage.poll()
        if (stopped) {
          await stage.stop()
          world.all(stopped)
        }
        world.onLook = () => void work.next()
        if (stopped) await world.start(variant)
        for (const looks of kills) await world.killAfter(looks, variant)
        await stage.quiesce()
        world.onLook = () => undefined
        Array.from(work)
        await stage.quiesce()
        expect(sorted(stage.journal.texts()), world.done.join(', ')).toEqual(sorted(world.written))
      } finally {
        await stage.clear()
      }
    },
  )
  await fc.assert(property, { numRuns: Math.ceil(runs / 4) + found.length, examples: found })
}

const few = { read_size: 300, max_line_size: 500, read_bytes_limit: 1500 }

test.each<Variant>([
  { glob: false, sizes: {}, banner: 0 },
  { glob: true, sizes: {}, banner: 0 },
  { glob: false, sizes: few, banner: 0 },
  { glob: true, sizes: few, banner: 0 },
  { glob: false, sizes: few, banner: 20 },
  { glob: true, sizes: few, banner: 20 },
])('nothing lost, nothing doubled: %o', check)
