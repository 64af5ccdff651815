import process from 'node:process'
import type { Writable } from 'node:stream'
import { RetryableError } from '../../core/errors.ts'
import type { Chunk } from '../../core/journal/chunk.ts'
import { defineOutput, type Output } from '../../core/delivery/output.ts'

/** Prints events as NDJSON: to look at them, and to pipe them on. */
export const stdoutOutput = defineOutput(
  'stdout',
  'Prints events as NDJSON on standard output',
  {},
  (): Output => writeTo(process.stdout),
)

/**
 * An output to a stream. A write resolves when the stream has handed the bytes on, so a slow reader of a
 * pipe holds the output up. At least once: what a crash interrupted is printed again.
 */
export function writeTo(stream: Writable): Output {
  let broken: Error | undefined
  // Without a listener a reader that ends (EPIPE) would end Weir.
  const onError = (failure: Error) => {
    broken = failure
  }
  return {
    async start() {
      stream.on('error', onError)
    },
    async stop() {
      stream.off('error', onError)
    },
    async write({ chunk }, deadline) {
      if (broken) throw unavailable(broken)
      await new Promise<void>((resolve, reject) => {
        const abandon = () => reject(unavailable(new Error('nobody reads it')))
        deadline.addEventListener('abort', abandon, { once: true })
        stream.write(bytesOf(chunk), (failure) => {
          deadline.removeEventListener('abort', abandon)
          if (failure) reject(unavailable(failure))
          else resolve()
        })
      })
      return []
    },
    check: async () => [],
    status: () => ({ broken: broken?.message ?? null }),
  }
}

/** The lines of a chunk; a copy, since the stream may hold them longer than the chunk lives. */
function bytesOf(chunk: Chunk): Buffer {
  return Buffer.concat(chunk.parts.map((part) => chunk.bytes.subarray(part.start, part.end)))
}

function unavailable(cause: Error): RetryableError {
  const text = `standard output: ${cause.message}`
  return new RetryableError('WEIR_OUTPUT_UNAVAILABLE', text, { fateUnknown: true, cause })
}
