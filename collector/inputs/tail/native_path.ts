/** Where the bytes are that make no UTF-8: lone surrogates, one for each of 0x80 to 0xff. */
const escapes = 0xdc00

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * The text of a name as the system has it. Bytes that are no UTF-8 become lone surrogates, so that no two
 * names have the same text and `nativePath` finds the bytes again; `toWellFormed` shows it.
 */
export function textOf(name: Buffer): string {
  try {
    return decoder.decode(name)
  } catch {
    return escaped(name)
  }
}

/** What to give to the file system for a text of `textOf`. */
export function nativePath(text: string): string | Buffer {
  if (text.isWellFormed()) return text
  const parts = Array.from(text, (char) => {
    const code = char.codePointAt(0)!
    const isEscape = code >= escapes + 0x80 && code <= escapes + 0xff
    return isEscape ? Buffer.of(code - escapes) : Buffer.from(char)
  })
  return Buffer.concat(parts)
}

/** Of each run of bytes the longest beginning that is UTF-8, then a byte that is not. */
function escaped(name: Buffer): string {
  let text = ''
  for (let at = 0; at < name.length;) {
    const length = [1, 2, 3, 4].find((size) => isText(name.subarray(at, at + size)))
    text +=
      length === undefined
        ? String.fromCharCode(escapes + name[at]!)
        : name.toString('utf8', at, at + length)
    at += length ?? 1
  }
  return text
}

function isText(bytes: Buffer): boolean {
  try {
    decoder.decode(bytes)
    return true
  } catch {
    return false
  }
}
