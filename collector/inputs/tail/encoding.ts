import { iconv } from '../../../core/packages.ts'

/** How text of one encoding is cut into lines and made UTF-8. */
export interface Encoding {
  /** Bytes of a line end and of a NUL: 2 for UTF-16. */
  readonly width: 1 | 2
  readonly bigEndian: boolean
  /** Undefined when the bytes are UTF-8 (or ASCII) already. */
  readonly decode: ((bytes: Buffer) => string) | undefined
}

const plain = /^(utf-?8|us-ascii|ascii)$/i
const wide = /^(utf-?16-?(le|be)|ucs-?2)$/i

export function knownEncoding(name: string): boolean {
  // A line end must be found without decoding: UTF-32, UTF-7 and bare UTF-16 (either order) cannot be.
  if (/^utf-?(32|7)|^utf-?16$|^(base64|hex|binary)$/i.test(name)) return false
  return iconv().encodingExists(name)
}

export function encodingOf(name: string): Encoding {
  if (plain.test(name)) return { width: 1, bigEndian: false, decode: undefined }
  const decode = (bytes: Buffer) => iconv().decode(bytes, name)
  const isWide = wide.test(name)
  return { width: isWide ? 2 : 1, bigEndian: isWide && /be$/i.test(name), decode }
}
