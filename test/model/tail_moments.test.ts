import {
  appendFileSync as append,
  copyFileSync,
  existsSync as exists,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync as write,
} from 'node:fs'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { systemTailFiles } from '../../collector/inputs/tail/files.ts'
import { Stage } from '../collector/inputs/tail/stage.ts'

/** As logrotate: with these of its directives, or none. */
const methods = ['compress', 'create', 'delaycompress', 'copytruncate', 'copytruncate compress']
/** Rotations at a moment, and how many looks later once more. */
const rhythms: readonly { times: number; later?: number }[] = [
  { times: 1 },
  { times: 2 },
  { times: 1, later: 1 },
  { times: 1, later: 3 },
  { times: 1, later: 5 },
]

/** What there is before the moments begin; each leaves the tail started and says which lines there are. */
const beginnings = {
  /** Two generations came while Weir was stopped. */
  async 'missed rotations'(scene: Scene): Promise<string[]> {
    write(scene.log, `${'first'.repeat(500)}\n`)
    await scene.start()
    await scene.stop()
    scene.rotate('second\n')
    scene.rotate('third\n')
    return ['first'.repeat(500), 'second', 'third']
  },
  /** Too little was read to know the log for certain; a line came while Weir was stopped. */
  async 'a short log'(scene: Scene): Promise<string[]> {
    write(scene.log, 'first\n')
    await scene.start()
    await scene.stop()
    append(scene.log, 'more\n')
    return ['first', 'more']
  },
  async 'nothing has changed'(scene: Scene): Promise<string[]> {
    write(scene.log, 'first\n')
    await scene.start()
    await scene.stop()
    return ['first']
  },
  async 'a long log'(scene: Scene): Promise<string[]> {
    write(scene.log, `${'first'.repeat(500)}\n`)
    await scene.start()
    await scene.stop()
    append(scene.log, 'more\n')
    return ['first'.repeat(500), 'more']
  },
} as const

function pack(from: string, to: string) {
  write(to, gzipSync(readFileSync(from)))
  rmSync(from)
}

interface Scene {
  readonly log: string
  start(): Promise<void>
  stop(): Promise<void>
  rotate(text: string): void
}

/** A tail whose log is rotated at one of its looks at the file system. */
class Rotated implements Scene {
  readonly stage = new Stage()
  readonly log = this.stage.path('app.log')
  readonly #method: string
  looks = 0
  /** Called before each look. */
  onLook: (look: number) => void = () => undefined

  constructor(method: string) {
    this.#method = method
    const look = () => this.onLook(this.looks++)
    this.stage.files = {
      ...systemTailFiles,
      open: (path) => (look(), systemTailFiles.open(path)),
      stat: (path) => (look(), systemTailFiles.stat(path)),
    }
  }

  async start(): Promise<void> {
    await this.stage.start({ paths: [this.log], tag: 'app' })
    await this.stage.poll()
  }

  async stop(): Promise<void> {
    await this.stage.stop()
  }

  rotate(text: string): void {
    const { log, stage } = this
    const words = this.#method.split(' ')
    const compress = words.includes('compress')
    const copy = (generation: number) => {
      const packed = compress || (words.includes('delaycompress') && generation > 1)
      return stage.path(`app.log.${generation}${packed ? '.gz' : ''}`)
    }
    for (let n = 9; n > 0; n--) {
      if (!exists(copy(n))) continue
      if (copy(n).endsWith('.gz') === copy(n + 1).endsWith('.gz')) renameSync(copy(n), copy(n + 1))
      else pack(copy(n), copy(n + 1))
    }
    if (words.includes('copytruncate')) {
      if (compress) write(copy(1), gzipSync(readFileSync(log)))
      else copyFileSync(log, copy(1))
      truncateSync(log)
      append(log, text)
      return
    }
    // Made before the old one goes: an inode that is used again within a tick of the clock is the same file.
    write(stage.path('next'), text)
    if (compress) pack(log, copy(1))
    else renameSync(log, copy(1))
    renameSync(stage.path('next'), log)
  }
}

describe.each(methods)('rotation by %s', (method) => {
  describe.each(rhythms)('%o', ({ times, later }) => {
    test.each(Object.entries(beginnings))('at any look after %s', async (_, begin) => {
      for (let moment = 0, reached = true; reached; moment++) {
        const scene = new Rotated(method)
        const expected = await begin(scene)
        scene.looks = 0
        reached = false
        let lines = 0
        const rotate = () => {
          const line = `line ${lines++}`
          expected.push(line)
          scene.rotate(`${line}\n`)
        }
        scene.onLook = (look) => {
          if (look === moment) {
            reached = true
            for (let n = 0; n < times; n++) rotate()
          }
          if (later && look === moment + later) rotate()
        }
        await scene.stage.start({ paths: [scene.log], tag: 'app' })
        await scene.stage.quiesce()
        // The last look of that may have been the moment.
        scene.onLook = () => undefined
        await scene.stage.quiesce()
        const texts = scene.stage.journal.texts().toSorted()
        await scene.stage.clear()
        expect(texts, `rotated at look ${moment}`).toEqual(expected.toSorted())
      }
    })
  })
})
