import type { Seen, TailFiles } from './files.ts'

/** What the sizes of files say that the kernel makes up: proc's that they are empty, sysfs's a page. */
const saidSizes: readonly number[] = [0, 4096]

/** A file has no end to follow: the kernel makes it up at each reading. */
export class MadeUp extends Error {
  constructor() {
    super(
      'is not followed: its size is not that of its content, as with the files of /proc and /sys',
    )
  }
}

/** Whether a file is none that is kept on a disk, but made up by the kernel when it is read. */
export function isMadeUp(files: TailFiles, path: string, { id, size }: Seen): boolean {
  if (!saidSizes.includes(size)) return false
  let file
  try {
    file = files.open(path)
    const length = file.readNow(Buffer.allocUnsafe(size + 1), 0)
    const now = file.stat()
    return length !== size && now.size === size && now.id === id
  } catch {
    // Whoever reads it will say why it cannot be read.
    return false
  } finally {
    file?.close()
  }
}
