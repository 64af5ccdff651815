import { mkdirSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { crc32 } from 'node:zlib'

const chunkBytes = 1_048_576

/** Copies a file, or the first `limit` bytes of it, to a new one, and makes that durable. */
export async function copyFile(
  from: string,
  to: string,
  limit: number,
  onBytes: (bytes: number) => void,
): Promise<{ bytes: number; crc32: number }> {
  mkdirSync(dirname(to), { recursive: true, mode: 0o750 })
  const source = await open(from, 'r')
  try {
    const target = await open(to, 'wx', 0o640)
    try {
      const buffer = Buffer.allocUnsafe(chunkBytes)
      let sum = 0
      let bytes = 0
      while (bytes < limit) {
        const wanted = Math.min(chunkBytes, limit - bytes)
        const { bytesRead } = await source.read(buffer, 0, wanted, bytes)
        if (bytesRead === 0) break
        const part = buffer.subarray(0, bytesRead)
        sum = crc32(part, sum)
        await target.writeFile(part)
        bytes += bytesRead
        onBytes(bytesRead)
      }
      await target.datasync()
      return { bytes, crc32: sum }
    } finally {
      await target.close()
    }
  } finally {
    await source.close()
  }
}
