import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { isIPv4, isIPv6 } from 'node:net'
import { endianness } from 'node:os'
import { basename, dirname } from 'node:path'
import { WeirError } from '../errors.ts'

/** Where something listens, or wants to. */
export type ListenAddress =
  | { readonly protocol: 'tcp' | 'udp'; readonly host: string; readonly port: number }
  | { readonly protocol: 'unix'; readonly path: string }

/** The process that has a socket open. */
export interface Holder {
  readonly pid: number
  readonly name: string
}

/** As people write it: `udp://0.0.0.0:5514`, `tcp://[::]:4400`, `unix:///run/weir.sock`. */
export function addressText(address: ListenAddress): string {
  if (address.protocol === 'unix') return `unix://${address.path}`
  const host = isIPv6(address.host) ? `[${address.host}]` : address.host
  return `${address.protocol}://${host}:${address.port}`
}

/**
 * Which process listens on `address`, from /proc. Undefined when nobody does, when it belongs to
 * another user and we may not look, or where there is no /proc.
 */
export function whoHolds(address: ListenAddress): Holder | undefined {
  const inodes = inodesOf(address)
  if (inodes.size === 0) return undefined
  for (const pid of list('/proc')) {
    if (!/^\d+$/.test(pid)) continue
    for (const fd of list(`/proc/${pid}/fd`)) {
      const inode = /^socket:\[(\d+)\]$/.exec(linkOf(`/proc/${pid}/fd/${fd}`))?.[1]
      if (inode === undefined || !inodes.has(inode)) continue
      return { pid: Number(pid), name: nameOf(pid) }
    }
  }
  return undefined
}

/**
 * The error to raise when listening failed: which address, why, who holds it, what to change.
 *
 * @param key the config key or flag that sets the address, such as `http.listen`.
 */
export function listenFailure(failure: unknown, address: ListenAddress, key: string): WeirError {
  const where = addressText(address)
  const say = (text: string) =>
    new WeirError('WEIR_LISTEN_FAILED', `cannot listen on ${where}: ${text}`, { cause: failure })
  const code = (failure as NodeJS.ErrnoException | undefined)?.code
  if (address.protocol === 'unix') {
    const folder = dirname(address.path)
    // Node calls this EACCES.
    if (!existsSync(folder))
      return say(`there is no folder ${folder}. Make it, or set another path in ${key}`)
    if (
      code === 'EADDRINUSE' &&
      lstatSync(address.path, { throwIfNoEntry: false })?.isSocket() === false
    ) {
      return say(
        `there is something that is no socket. Move it away, or set another path in ${key}`,
      )
    }
  }
  if (code === 'EADDRINUSE') {
    const holder = whoHolds(address)
    if (holder?.pid === process.pid) {
      return say(`this Weir (pid ${holder.pid}) has it. Set another address in ${key}`)
    }
    const by = holder ? `${holder.name} (pid ${holder.pid})` : 'another process'
    return say(`${by} has it. Stop that process, or set another address in ${key}`)
  }
  if (code === 'EACCES' || code === 'EPERM') {
    const hint =
      address.protocol === 'unix'
        ? 'the folder is not writable for this user'
        : 'a port below 1024 needs CAP_NET_BIND_SERVICE or root'
    return say(`permission denied; ${hint}. Grant that, or set another address in ${key}`)
  }
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return say(`this machine has no such address. Set 0.0.0.0, [::] or one of its own in ${key}`)
  }
  const reason = failure instanceof Error ? failure.message : String(failure)
  return say(`${reason}. The address is set in ${key}`)
}

/** The program, with its script where it runs one: Node calls each of its processes `MainThread`. */
function nameOf(pid: string): string {
  const [program = '', ...given] = textOf(`/proc/${pid}/cmdline`).split('\0')
  const script = given.find((part) => part !== '' && !part.startsWith('-'))
  const runsScripts = /^(node|python|ruby|perl)/.test(basename(program))
  if (runsScripts && script) return `${basename(program)} ${basename(script)}`
  return textOf(`/proc/${pid}/comm`).trim() || basename(program)
}

/** Inodes of the sockets that listen on (or, for UDP, are bound to) the address or all addresses. */
function inodesOf(address: ListenAddress): Set<string> {
  const inodes = new Set<string>()
  if (address.protocol === 'unix') {
    for (const row of textOf('/proc/net/unix').split('\n')) {
      const [, , , , , , inode, path] = row.split(/\s+/)
      if (inode !== undefined && path === address.path) inodes.add(inode)
    }
    return inodes
  }
  const port = address.port.toString(16).toUpperCase().padStart(4, '0')
  for (const table of [address.protocol, `${address.protocol}6`]) {
    for (const row of textOf(`/proc/net/${table}`).split('\n').slice(1)) {
      const [, local, , state, , , , , , inode] = row.trim().split(/\s+/)
      // 0A is LISTEN; connections of clients from the same port number hold nothing.
      if (address.protocol === 'tcp' && state !== '0A') continue
      if (inode === undefined || !local?.endsWith(`:${port}`)) continue
      if (overlaps(local.slice(0, -5), address.host)) inodes.add(inode)
    }
  }
  return inodes
}

/** Whether two sockets of the same port get in each other's way. Where IPv6 is involved: yes. */
function overlaps(localHex: string, host: string): boolean {
  const isAny = /^0+$/.test(localHex) || host === '0.0.0.0' || host === '::'
  if (isAny || localHex.length !== 8 || !isIPv4(host)) return true
  const bytes = host.split('.').map((part) => Number(part).toString(16).padStart(2, '0'))
  // The kernel prints the four bytes as one number of its own byte order.
  return localHex.toLowerCase() === (endianness() === 'LE' ? bytes.toReversed() : bytes).join('')
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}

function list(path: string): string[] {
  try {
    return readdirSync(path)
  } catch {
    return []
  }
}
