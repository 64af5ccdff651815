import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import type { BusboyInstance } from '@fastify/busboy'
import { messageOf } from '../../core/errors.ts'
import { invalid, tooLarge } from './upload_refusal.ts'

export interface FormBounds {
  readonly fileBytes: number
  readonly files: number
}

const fieldBytes = 65_536
const fieldsMax = 200

/**
 * Reads a `multipart/form-data` body as it comes, a file at a time, and never has more of it in memory than a few
 * pieces.
 *
 * @param take is given each file, and has to read it to its end; the next one waits for that.
 * @returns the fields, in the order they came. @throws UploadRefusal, or what `take` throws.
 */
export async function readForm(
  request: IncomingMessage,
  bounds: FormBounds,
  take: (field: string, name: string, content: Readable) => Promise<void>,
): Promise<readonly (readonly [name: string, value: string])[]> {
  const parser = await parserFor(request, bounds)
  const fields: [string, string][] = []
  const contents: Readable[] = []
  const taken: Promise<void>[] = []
  try {
    await new Promise<void>((resolve, reject) => {
      parser.on('field', (name, value) => void fields.push([name, value]))
      parser.on('file', (field, content, name: string | undefined) => {
        content.on('limit', () => reject(tooLarge('a file is larger than it may be')))
        contents.push(content)
        const one = take(field, name ?? '', content)
        taken.push(one)
        one.catch(reject)
      })
      parser.on('filesLimit', () => reject(tooLarge(`more than ${bounds.files} files at once`)))
      parser.on('error', (failure) => reject(unreadable(messageOf(failure))))
      parser.on('finish', () => resolve())
      request.on('close', () => {
        if (!request.complete) reject(unreadable('it ends too early'))
      })
      request.pipe(parser)
    })
    await Promise.all(taken)
    return fields
  } catch (failure) {
    // What still comes is read away: a connection closed on a client that sends loses the answer.
    request.unpipe(parser)
    parser.removeAllListeners('error').on('error', () => undefined)
    request.resume()
    // Whoever reads a file that will not end is told, and cleans up.
    for (const content of contents) content.on('error', () => undefined).destroy(asError(failure))
    await Promise.allSettled(taken)
    throw failure
  }
}

const asError = (thrown: unknown) => (thrown instanceof Error ? thrown : new Error(String(thrown)))

const unreadable = (why: string) => invalid(`the multipart body cannot be read: ${why}`)

async function parserFor(request: IncomingMessage, bounds: FormBounds): Promise<BusboyInstance> {
  const { Busboy } = await import('@fastify/busboy')
  const contentType = request.headers['content-type'] ?? ''
  const limits = {
    fileSize: bounds.fileBytes,
    files: bounds.files,
    fieldSize: fieldBytes,
    fields: fieldsMax,
  }
  try {
    return new Busboy({ headers: { 'content-type': contentType }, limits })
  } catch (failure) {
    throw unreadable(messageOf(failure))
  }
}
