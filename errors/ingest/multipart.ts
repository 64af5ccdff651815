import type { BusboyHeaders, BusboyInstance } from '@fastify/busboy'
import { malformed, tooLarge } from './refusal.ts'

export interface FormFile {
  /** Of the form's field. */
  readonly field: string
  readonly name: string
  readonly contentType: string
  readonly bytes: Buffer
}

export interface Form {
  readonly fields: ReadonlyMap<string, string>
  readonly files: readonly FormFile[]
}

export interface FormLimits {
  readonly maxFileBytes: number
  readonly maxFiles: number
  readonly maxFieldBytes: number
}

const fieldsMax = 500

/**
 * Reads a `multipart/form-data` body that is whole.
 *
 * @throws IngestRefusal 400 for what is none, 413 for a file that is too large or too many of them.
 */
export async function readForm(
  body: Uint8Array,
  contentType: string,
  limits: FormLimits,
): Promise<Form> {
  if (!/^multipart\/form-data\b/i.test(contentType)) {
    throw malformed('the content type has to be multipart/form-data')
  }
  const { Busboy } = await import('@fastify/busboy')
  const fields = new Map<string, string>()
  const files: FormFile[] = []
  await new Promise<void>((resolve, reject) => {
    const refuse = (why: string) => reject(malformed(`the multipart body cannot be read: ${why}`))
    let parser: BusboyInstance
    try {
      const headers: BusboyHeaders = { 'content-type': contentType }
      parser = new Busboy({
        headers,
        limits: {
          fileSize: limits.maxFileBytes,
          files: limits.maxFiles,
          fieldSize: limits.maxFieldBytes,
          fields: fieldsMax,
        },
      })
    } catch (failure) {
      return refuse(failure instanceof Error ? failure.message : 'it has no boundary')
    }
    parser.on('field', (name, value) => void fields.set(name, value))
    parser.on('file', (field, stream, name: string | undefined, _encoding, type) => {
      const parts: Buffer[] = []
      stream.on('data', (part: Buffer) => void parts.push(part))
      stream.on('limit', () => {
        reject(tooLarge('a file is larger than errors.limits.max_attachment_size'))
      })
      stream.on('error', () => refuse('a part ends too early'))
      stream.on('end', () => {
        const bytes = Buffer.concat(parts)
        files.push({ field, name: name || 'unnamed', contentType: type, bytes })
      })
    })
    parser.on('filesLimit', () => {
      reject(tooLarge('there are more files than errors.limits.max_attachments'))
    })
    parser.on('error', () => refuse('it ends too early'))
    parser.on('finish', () => resolve())
    parser.end(Buffer.from(body.buffer, body.byteOffset, body.length))
  })
  return { fields, files }
}
