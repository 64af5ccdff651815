import { createReadStream, fstatSync } from 'node:fs'
import { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { isatty, ReadStream } from 'node:tty'
import type { JsonObject } from '../../../core/json.ts'
import type { Input, InputContext } from '../../input.ts'
import { createFramer } from '../framing/framing.ts'
import type { Framing } from '../framing/options.ts'
import { Spans } from '../framing/spans.ts'
import { Intake } from '../intake.ts'

interface StdinConfig {
  readonly tag: string
  readonly framing: Framing
  readonly max_message_size: number
  readonly long_messages: 'cut' | 'drop'
  readonly max_pending_bytes: number
}

/** @param open makes the stream to read. */
export function createStdin(
  config: StdinConfig,
  context: InputContext,
  open: () => Readable,
): Input {
  const intake = new Intake(context, config.max_pending_bytes)
  let stream: Readable | undefined
  let state: 'not read' | 'open' | 'ended' | 'failed' = 'not read'
  const framer = createFramer(config.framing, {
    maxMessageBytes: config.max_message_size,
    longMessages: config.long_messages,
    spans: new Spans(),
    note: context.count,
    emit: (source, spans) => {
      const arrival = { tag: config.tag, source, spans: spans.list, count: spans.count }
      void intake.takeOrLose({ ...arrival, context: {} }, source.length)
    },
  })
  const finish = (end: 'ended' | 'failed') => {
    if (state !== 'open') return
    state = end
    framer.end()
  }
  const take = (bytes: Buffer) => {
    if (state !== 'open') return
    framer.push(bytes)
    if (framer.broken !== undefined) {
      context.count('bad_frame')
      context.log.error({ reason: framer.broken }, 'standard input is no longer read: bad frame')
      finish('failed')
      stream?.destroy()
    } else if (intake.isFull) {
      stream?.pause()
      void intake.room().then(() => stream?.resume())
    }
  }
  return {
    async start() {
      if (context.worker.index > 0) return
      stream = open()
      state = 'open'
      stream.on('data', take)
      stream.once('end', () => finish('ended'))
      stream.on('error', (failure) => {
        context.log.error({ reason: failure.message }, 'standard input cannot be read')
        finish('failed')
      })
    },
    async stop(deadline) {
      finish('ended')
      stream?.destroy()
      await intake.close(deadline)
    },
    status: (): JsonObject => ({ state, pending_bytes: intake.pendingBytes }),
  }
}

/**
 * Standard input as a stream that can be closed while it waits: reading a pipe as a file would hold a
 * thread until something arrives. `process.stdin` is no use, since in a worker it is fed by main.
 */
export function openStdin(): Readable {
  if (isatty(0)) return new ReadStream(0)
  const kind = fstatSync(0)
  if (kind.isFIFO() || kind.isSocket())
    return new Socket({ fd: 0, readable: true, writable: false })
  return createReadStream('', { fd: 0, autoClose: false })
}
