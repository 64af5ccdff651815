import { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { messageOf } from '../../../core/errors.ts'
import type { TailFile } from '../tail/files.ts'

const blockBytes = 65_536

/**
 * Why a gzip file that was inflated to its end is not whole; undefined when it is. The length in its trailer (RFC 1952,
 * of its last member) tells at once for a file of one member; others are inflated once more, by a stream that takes no
 * end amid the data.
 *
 * @param size bytes of the file.
 * @param inflated bytes that came of it.
 */
export async function gzipDamage(
  file: TailFile,
  size: number,
  inflated: number,
): Promise<string | undefined> {
  const trailer = Buffer.alloc(4)
  const read = await file.read(trailer, Math.max(size - 4, 0))
  if (read === 4 && trailer.readUInt32LE() === inflated % 2 ** 32) return undefined
  const nowhere = new Writable({ write: (_part, _encoding, done) => done() })
  try {
    await pipeline(Readable.from(blocksOf(file)), createGunzip(), nowhere)
    return undefined
  } catch (failure) {
    return messageOf(failure)
  }
}

async function* blocksOf(file: TailFile): AsyncGenerator<Buffer> {
  for (let at = 0; ;) {
    const block = Buffer.allocUnsafe(blockBytes)
    const read = await file.read(block, at)
    if (read === 0) return
    at += read
    yield block.subarray(0, read)
  }
}
