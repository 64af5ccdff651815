import { constants, promises as fs } from 'node:fs'
import { dirname, isAbsolute } from 'node:path'
import { z } from 'zod'
import { messageOf, RetryableError } from '../../core/errors.ts'
import { systemFiles, type FileHandle, type Files } from '../../core/files.ts'
import type { Chunk } from '../../core/journal/chunk.ts'
import type { JsonObject } from '../../core/json.ts'
import {
  type Checked,
  defineOutput,
  type Delivery,
  type Output,
  type Rejected,
} from '../../core/delivery/output.ts'
import {
  namePattern,
  patternProblem,
  timeDiffers,
  type NamePattern,
} from '../../core/name_pattern.ts'

const path = z
  .string()
  .superRefine((text, context) => {
    const problem = isAbsolute(text) ? patternProblem(text) : `"${text}" is not an absolute path`
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem })
  })
  .describe(
    "Absolute path; %Y, %m, %d, %H are the event's time in UTC, {tag} and {stream} its place",
  )

/** Events as NDJSON in files, on disk before the cursor moves. */
export const fileOutput = defineOutput(
  'file',
  'Appends events as NDJSON to files named by tag and time; at least once',
  { path },
  (config) => new FileOutput(config.path, systemFiles),
)

/**
 * Appends whole lines. A write that fails is taken back, and a line that a crash cut short is cut off
 * by the next one, so a file only ever holds whole events. After a crash those of the last writes may
 * be in it twice: nothing in a file tells what it already has.
 *
 * A file is open only while it is written to, so that it can be moved away or deleted at any time.
 */
export class FileOutput implements Output {
  readonly #pattern: NamePattern
  readonly #path: string
  readonly #files: Files
  /** One write after the other: a file has one end. */
  #turn: Promise<unknown> = Promise.resolve()

  constructor(pattern: string, files: Files) {
    this.#path = pattern
    this.#pattern = namePattern(pattern)
    this.#files = files
  }

  async start(): Promise<void> {}

  async stop(): Promise<void> {
    await this.#turn
  }

  async write({ chunk }: Delivery): Promise<readonly Rejected[]> {
    const turn = this.#turn.then(async () => {
      for (const [name, lines] of this.#linesByFile(chunk)) await this.#append(name, lines)
    })
    this.#turn = turn.catch(() => undefined)
    await turn
    return []
  }

  async check(): Promise<readonly Checked[]> {
    const path = this.#pattern.replaced('x')
    const problem = (text: string) => [{ problem: `${text}: change \`path\`` }]
    const found = await fs.stat(path).catch(() => undefined)
    if (found?.isDirectory()) return problem(`${path} is a folder`)
    for (let existing = dirname(path); ; existing = dirname(existing)) {
      try {
        await fs.access(existing, constants.W_OK | constants.X_OK)
        const { type } = await fs.statfs(existing)
        return madeByKernel.has(type) ? problem(`nothing can be stored in ${existing}`) : []
      } catch (failure) {
        const { code } = failure as NodeJS.ErrnoException
        if (code === 'ENOENT' && existing !== '/') continue
        if (code === 'ENOTDIR')
          return problem(`${existing} cannot be a folder: a file is in its way`)
        return [
          {
            problem: `${existing} cannot be written to (${code}): change its owner or mode, or \`path\``,
          },
        ]
      }
    }
  }

  status(): JsonObject {
    return { path: this.#path }
  }

  /** Runs of lines, by the file they go to, in journal order. */
  #linesByFile(chunk: Chunk): Map<string, Buffer[]> {
    const files = new Map<string, Buffer[]>()
    const { bytes } = chunk
    const add = (name: string, start: number, end: number) => {
      const lines = files.get(name)
      if (lines) lines.push(bytes.subarray(start, end))
      else files.set(name, [bytes.subarray(start, end)])
    }
    for (const part of chunk.parts) {
      let run = part.start
      const name = () => this.#pattern.nameOf(part, bytes, run)
      if (this.#pattern.dated) {
        for (let start = run; start < part.end; start = bytes.indexOf(10, start) + 1) {
          if (!timeDiffers(bytes, run, start)) continue
          add(name(), run, start)
          run = start
        }
      }
      add(name(), run, part.end)
    }
    return files
  }

  async #append(name: string, lines: readonly Buffer[]): Promise<void> {
    try {
      const file = await this.#open(name)
      try {
        const end = await lastLineEnd(file)
        try {
          await file.write(lines, end)
          await file.datasync()
        } catch (failure) {
          await file.truncate(end)
          throw failure
        }
      } finally {
        await file.close()
      }
    } catch (failure) {
      const text = `${name}: ${messageOf(failure)}`
      throw new RetryableError('WEIR_OUTPUT_UNAVAILABLE', text, { cause: failure })
    }
  }

  async #open(name: string): Promise<FileHandle> {
    const absent = (failure: NodeJS.ErrnoException) => {
      if (failure.code !== 'ENOENT') throw failure
      return undefined
    }
    const existing = await this.#files.open(name, 'r+').catch(absent)
    if (existing) return existing
    await this.#files.makeFolder(dirname(name))
    const made = await this.#files.open(name, 'wx+')
    await this.#files.syncFolder(dirname(name))
    return made
  }
}

/**
 * Where to append: behind the last whole line. An event that a crash cut short after it is cut off.
 *
 * @throws when what follows the last line is no beginning of an event: then the file is not Weir's.
 */
async function lastLineEnd(file: FileHandle): Promise<number> {
  const size = await file.size()
  let end = size
  while (end > 0) {
    const start = Math.max(0, end - windowSize)
    const window = Buffer.alloc(end - start)
    await file.read(window, start)
    const newline = window.lastIndexOf(10)
    end = newline < 0 ? start : start + newline + 1
    if (newline >= 0) break
  }
  if (end === size) return end
  const first = Buffer.alloc(1)
  await file.read(first, end)
  if (first.toString() !== '{') throw new Error('its last line is no event: move the file away')
  await file.truncate(end)
  return end
}

const windowSize = 64 * 1024

/** Types of /proc and /sys, as statfs(2) has them: root may write there, and yet make nothing. */
const madeByKernel = new Set([0x9fa0, 0x62656572])
