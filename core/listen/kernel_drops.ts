import { promises as fs } from 'node:fs'

/** A UDP socket of this machine, as /proc/net/udp lists it. */
export interface UdpSocketRow {
  readonly inode: string
  readonly port: number
  /** Datagrams the kernel dropped because the receive buffer was full, since the socket was made. */
  readonly drops: number
}

/** Reads the text of /proc/net/udp or /proc/net/udp6; rows that do not look right are left out. */
export function parseUdpTable(text: string): UdpSocketRow[] {
  const rows: UdpSocketRow[] = []
  for (const line of text.split('\n').slice(1)) {
    const fields = line.trim().split(/\s+/)
    const port = Number.parseInt(fields[1]?.split(':')[1] ?? '', 16)
    const drops = Number(fields.at(-1))
    if (fields.length < 13 || Number.isNaN(port) || !Number.isInteger(drops)) continue
    rows.push({ inode: fields[9]!, port, drops })
  }
  return rows
}

async function readTables(): Promise<string[]> {
  const read = (path: string) => fs.readFile(path, 'utf8').catch(() => '')
  return await Promise.all([read('/proc/net/udp'), read('/proc/net/udp6')])
}

/** Tells what the kernel dropped on some ports since it was last asked. */
export class KernelDrops {
  readonly #seen = new Map<string, number>()
  readonly #read: () => Promise<string[]>

  constructor(read: () => Promise<string[]> = readTables) {
    this.#read = read
  }

  /** Datagrams dropped on `ports` since the last call; 0 where there is no /proc. */
  async since(ports: ReadonlySet<number>): Promise<number> {
    let drops = 0
    for (const table of await this.#read()) {
      for (const row of parseUdpTable(table)) {
        if (!ports.has(row.port)) continue
        drops += Math.max(0, row.drops - (this.#seen.get(row.inode) ?? 0))
        this.#seen.set(row.inode, row.drops)
      }
    }
    return drops
  }
}
