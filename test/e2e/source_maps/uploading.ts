import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import { waitFor } from '../../peers/process.ts'
import type { RunningWeir } from '../running_weir.ts'

const node = join(import.meta.dirname, '../../../bin/node')

export const key = '0123456789abcdef0123456789abcdef'

/** What a program printed; `code` is how it ended. */
export interface Said {
  readonly code: number
  readonly text: string
}

/** Nothing of this machine's own settings gets to the uploaders. */
const environment = { PATH: process.env.PATH ?? '', RUST_BACKTRACE: '0', SENTRY_LOAD_DOTENV: '0' }

export async function run(
  args: readonly string[],
  cwd: string,
  more: Readonly<Record<string, string>> = {},
): Promise<Said> {
  const env = { ...environment, HOME: cwd, ...more }
  try {
    const { stdout, stderr } = await promisify(execFile)(node, args, { cwd, env, timeout: 120_000 })
    return { code: 0, text: stdout + stderr }
  } catch (failure) {
    const {
      code,
      stdout = '',
      stderr = '',
    } = failure as Partial<Record<'stdout' | 'stderr', string>> & { code?: number }
    return { code: code ?? -1, text: stdout + stderr }
  }
}

/** A folder with the app and its build script, in which the bundlers are found. */
export function appFolder(folder: string, bundlers: string): string {
  mkdirSync(folder, { recursive: true })
  for (const name of ['app', 'build.mjs', 'throw.mjs']) {
    cpSync(join(import.meta.dirname, name), join(folder, name), { recursive: true })
  }
  // `bundlers` is node_modules/@sentry/<package>.
  symlinkSync(dirname(dirname(bundlers)), join(folder, 'node_modules'))
  return folder
}

interface Thrown {
  readonly type: string
  readonly value: string
  readonly frames: readonly object[]
  readonly images: readonly { readonly debug_id: string }[]
}

/** What the built app throws, as an SDK sees it. */
export async function thrownBy(file: string, url: string, cwd: string): Promise<Thrown> {
  const { text } = await run([join(cwd, 'throw.mjs'), file, url], cwd)
  return JSON.parse(text) as Thrown
}

let number = 0

export interface MappedFrame {
  readonly filename: string
  readonly function: string
  readonly lineno: number
  readonly context_line?: string
  readonly data?: Readonly<Record<string, unknown>>
}

/** Sends an event with what was thrown; resolves to its frames once it is digested, and to its id. */
export async function digested(
  weir: RunningWeir,
  { type, value, frames, images }: Thrown,
  more: object = {},
): Promise<{ id: string; frames: MappedFrame[]; raw: MappedFrame[] | undefined }> {
  const id = (++number).toString(16).padStart(32, 'e')
  const event = {
    event_id: id,
    platform: 'javascript',
    exception: { values: [{ type, value, stacktrace: { frames } }] },
    debug_meta: { images },
    // Of an issue's events a sample is kept; the first of each release is in it.
    release: `sample@${number}`,
    ...more,
  }
  const sent = await fetch(`${weir.url}/api/42/store/?sentry_key=${key}`, {
    method: 'POST',
    body: JSON.stringify(event),
  })
  if (sent.status !== 200) throw new Error(`${sent.status} ${await sent.text()}`)
  const path = `${weir.url}/api/0/projects/weir/shop/events/${id}/json/`
  let found: Response | undefined
  const isThere = async () => {
    found = await fetch(path)
    return found.status === 200
  }
  await waitFor(`the event ${id}`, isThere, 20_000).catch(async (failure: unknown) => {
    const status = await (await fetch(`${weir.url}/api/status`)).text()
    throw new Error(`${found?.status}, ${status}, ${weir.logEnd()}`, { cause: failure })
  })
  const body = (await found!.json()) as {
    exception: {
      values: {
        stacktrace: { frames: MappedFrame[] }
        raw_stacktrace?: { frames: MappedFrame[] }
      }[]
    }
  }
  const [exception] = body.exception.values
  return { id, frames: exception!.stacktrace.frames, raw: exception!.raw_stacktrace?.frames }
}
