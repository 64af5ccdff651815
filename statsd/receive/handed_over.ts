import { fstatSync } from 'node:fs'

/** Sockets of which another thread was told the descriptors, to go on with them. It closes those that it took. */
export class HandedOver {
  readonly #sockets: { fd: number; inode: number | undefined; close: () => void }[] = []

  add(fd: number, close: () => void): void {
    this.#sockets.push({ fd, inode: inodeOf(fd), close })
  }

  /** The thread is gone: closes what it had not taken. Of the others the descriptors may be another's by now. */
  closeRest(): void {
    for (const { fd, inode, close } of this.#sockets.splice(0)) {
      if (inode !== undefined && inodeOf(fd) === inode) close()
    }
  }
}

/** Which socket a descriptor is; undefined when it is none any more. */
function inodeOf(fd: number): number | undefined {
  try {
    return fstatSync(fd).ino
  } catch {
    return undefined
  }
}
