import { once } from 'node:events'
import { chmodSync, closeSync, openSync, rmSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { basename, dirname, join } from 'node:path'
import { type ErrorCode, errorCodes, messageOf, WeirError } from './errors.ts'
import { parseExact } from './exact_json.ts'
import type { Lifecycle } from './lifecycle.ts'
import { http } from './packages.ts'

/** Arguments and results of an operation: anything that JSON can hold. */
export type Arguments = Readonly<Record<string, unknown>>

/**
 * What commands can ask of a data folder, by name (`journal.ls`). Each yields its results one by one.
 * They are the same whether a running Weir executes them or the command itself, under the lock.
 */
export type Operations = Readonly<Record<string, (args: Arguments) => AsyncIterable<unknown>>>

const socketName = 'weir.sock'
const bodyMax = 1_000_000

/**
 * Serves operations on `<folder>/weir.sock` to its owner: `POST /<operation>` with a JSON object;
 * the answer is NDJSON, `{"item":…}` for each result, then `{"end":true}` or `{"error":{code,message}}`.
 * The lock on the folder has to be held: a socket left behind by a crash is removed.
 */
export function serveControl(folder: string, operations: Operations): Lifecycle {
  const abort = new AbortController()
  const server = http().createServer({ requestTimeout: 10_000 }, (incoming, outgoing) => {
    answer(operations, incoming, outgoing, abort.signal).catch(() => outgoing.destroy())
  })
  return {
    async start() {
      const path = socketPath(folder)
      rmSync(join(folder, socketName), { force: true })
      try {
        server.listen(path.name)
        await once(server, 'listening')
        chmodSync(join(folder, socketName), 0o600)
      } catch (failure) {
        const text = `the control socket ${join(folder, socketName)} cannot be opened: ${messageOf(failure)}`
        throw new WeirError('WEIR_LISTEN_FAILED', text, { cause: failure })
      } finally {
        path.release()
      }
    },
    async stop() {
      if (!server.listening) return
      abort.abort()
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
      rmSync(join(folder, socketName), { force: true })
    },
  }
}

async function answer(
  operations: Operations,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  stopping: AbortSignal,
): Promise<void> {
  const send = async (value: unknown) => {
    if (!outgoing.write(`${JSON.stringify(value)}\n`)) await drained(outgoing)
  }
  outgoing.setHeader('content-type', 'application/x-ndjson')
  try {
    const name = decodeURIComponent(incoming.url ?? '').slice(1)
    const operation = Object.hasOwn(operations, name) ? operations[name] : undefined
    if (!operation) throw new WeirError('WEIR_REQUEST_INVALID', `there is no operation "${name}"`)
    for await (const item of operation(await readArguments(incoming))) {
      if (outgoing.closed || stopping.aborted) return
      await send({ item })
    }
    await send({ end: true })
  } catch (failure) {
    const code = failure instanceof WeirError ? failure.code : undefined
    await send({ error: { code, message: messageOf(failure) } })
  }
  outgoing.end()
}

/** Resolves once more may be written, or nobody reads any more. */
async function drained(outgoing: ServerResponse): Promise<void> {
  if (outgoing.closed) return
  const settled = new AbortController()
  const { signal } = settled
  const events = ['drain', 'close'].map((name) => once(outgoing, name, { signal }))
  try {
    await Promise.race(events)
  } finally {
    // Each pause would leave a listener for the other event behind.
    settled.abort()
    await Promise.allSettled(events)
  }
}

async function readArguments(incoming: IncomingMessage): Promise<Arguments> {
  const parts: Buffer[] = []
  let length = 0
  for await (const part of incoming as AsyncIterable<Buffer>) {
    length += part.length
    if (length > bodyMax)
      throw new WeirError('WEIR_REQUEST_TOO_LARGE', 'the arguments are too long')
    parts.push(part)
  }
  return length === 0 ? {} : (JSON.parse(Buffer.concat(parts).toString()) as Arguments)
}

/**
 * Asks the Weir that runs on `folder`.
 *
 * @throws WeirError WEIR_NOT_RUNNING when there is none; otherwise what the operation throws.
 */
export async function* callControl(
  folder: string,
  operation: string,
  args: Arguments,
): AsyncGenerator<unknown> {
  const path = socketPath(folder)
  const outgoing = http().request({ socketPath: path.name, path: `/${operation}`, method: 'POST' })
  let incoming: IncomingMessage
  try {
    outgoing.end(JSON.stringify(args))
    incoming = ((await once(outgoing, 'response')) as [IncomingMessage])[0]
  } catch (failure) {
    if ((failure as NodeJS.ErrnoException).code === 'EACCES') {
      const text = `the data folder ${folder} may be used by its owner alone: run this as that user, or ask over HTTP`
      throw new WeirError('WEIR_DATA_UNUSABLE', text, { cause: failure })
    }
    throw new WeirError('WEIR_NOT_RUNNING', `no Weir runs on ${folder}`, { cause: failure })
  } finally {
    path.release()
  }
  try {
    for await (const line of linesOf(incoming)) {
      const { item, end, error } = parseExact(line) as {
        item?: unknown
        end?: true
        error?: { code?: string; message: string }
      }
      if (error) throw errorFrom(error)
      if (end) return
      yield item
    }
    throw new WeirError('WEIR_NOT_RUNNING', 'Weir ended before it had answered in full')
  } finally {
    outgoing.destroy()
  }
}

/** The lines of an answer; those before a connection that breaks off are all there are. */
async function* linesOf(incoming: IncomingMessage): AsyncGenerator<string> {
  let rest = ''
  try {
    for await (const part of incoming.setEncoding('utf8') as AsyncIterable<string>) {
      const lines = (rest + part).split('\n')
      rest = lines.pop()!
      yield* lines
    }
  } catch {
    // The caller misses the end and says so.
  }
}

function errorFrom({ code, message }: { code?: string; message: string }): Error {
  const known = code !== undefined && Object.hasOwn(errorCodes, code)
  return known ? new WeirError(code as ErrorCode, message) : new Error(message)
}

/**
 * A name for the socket that fits into `sun_path` (108 bytes on Linux, 104 elsewhere): a longer one
 * goes through a descriptor of its folder.
 */
function socketPath(folder: string): { name: string; release: () => void } {
  const name = join(folder, socketName)
  if (Buffer.byteLength(name) < 104 || process.platform !== 'linux') {
    return { name, release: () => undefined }
  }
  let descriptor: number
  try {
    descriptor = openSync(dirname(name), 'r')
  } catch (failure) {
    throw new WeirError('WEIR_NOT_RUNNING', `no Weir runs on ${folder}`, { cause: failure })
  }
  return {
    name: `/proc/self/fd/${descriptor}/${basename(name)}`,
    release: () => closeSync(descriptor),
  }
}
