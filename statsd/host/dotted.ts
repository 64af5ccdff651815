import type { Measured } from './measured.ts'

/** A measured value under its dotted name, as the store and Graphite have it. */
export interface Dotted {
  readonly name: string
  readonly tags: readonly (readonly [string, string])[]
  readonly value: number
}

/**
 * How a family becomes a dotted name. Labels named in `tags` are kept as tags, those in `path` become the last
 * part of the name; over all others values are added up. Counters become what they grew a second, times `factor`.
 */
interface Rule {
  readonly name: string
  readonly path?: string
  readonly tags?: Readonly<Record<string, string>>
  readonly factor?: number
  /** Divided by the number of processors. */
  readonly perProcessor?: true
}

const device = { device: 'device' }
const mount = { mountpoint: 'mount' }
const group = { groupname: 'process', username: 'user' }
const percent = 100

const rules: Readonly<Record<string, Rule>> = {
  node_cpu_seconds_total: { name: 'host.cpu', path: 'mode', factor: percent, perProcessor: true },
  node_load1: { name: 'host.load.1m' },
  node_load5: { name: 'host.load.5m' },
  node_load15: { name: 'host.load.15m' },
  node_memory_MemTotal_bytes: { name: 'host.memory.total' },
  node_memory_MemFree_bytes: { name: 'host.memory.free' },
  node_memory_MemAvailable_bytes: { name: 'host.memory.available' },
  node_memory_Buffers_bytes: { name: 'host.memory.buffers' },
  node_memory_Cached_bytes: { name: 'host.memory.cached' },
  node_memory_SReclaimable_bytes: { name: 'host.memory.reclaimable' },
  node_memory_Dirty_bytes: { name: 'host.memory.dirty' },
  node_memory_SwapTotal_bytes: { name: 'host.swap.total' },
  node_memory_SwapFree_bytes: { name: 'host.swap.free' },
  node_vmstat_pgmajfault: { name: 'host.paging.major_faults' },
  node_vmstat_pswpin: { name: 'host.paging.swapped_in' },
  node_vmstat_pswpout: { name: 'host.paging.swapped_out' },
  node_vmstat_oom_kill: { name: 'host.paging.oom_kills' },
  node_filesystem_size_bytes: { name: 'host.filesystem.size', tags: mount },
  node_filesystem_free_bytes: { name: 'host.filesystem.free', tags: mount },
  node_filesystem_avail_bytes: { name: 'host.filesystem.available', tags: mount },
  node_filesystem_files: { name: 'host.filesystem.files', tags: mount },
  node_filesystem_files_free: { name: 'host.filesystem.files_free', tags: mount },
  node_disk_reads_completed_total: { name: 'host.disk.reads', tags: device },
  node_disk_writes_completed_total: { name: 'host.disk.writes', tags: device },
  node_disk_read_bytes_total: { name: 'host.disk.read_bytes', tags: device },
  node_disk_written_bytes_total: { name: 'host.disk.written_bytes', tags: device },
  node_disk_io_time_seconds_total: { name: 'host.disk.busy', tags: device, factor: percent },
  node_network_receive_bytes_total: { name: 'host.network.received_bytes', tags: device },
  node_network_receive_packets_total: { name: 'host.network.received_packets', tags: device },
  node_network_receive_errs_total: { name: 'host.network.receive_errors', tags: device },
  node_network_receive_drop_total: { name: 'host.network.receive_drops', tags: device },
  node_network_transmit_bytes_total: { name: 'host.network.sent_bytes', tags: device },
  node_network_transmit_packets_total: { name: 'host.network.sent_packets', tags: device },
  node_network_transmit_errs_total: { name: 'host.network.send_errors', tags: device },
  node_network_transmit_drop_total: { name: 'host.network.send_drops', tags: device },
  node_netstat_Tcp_CurrEstab: { name: 'host.tcp.established' },
  node_netstat_Tcp_RetransSegs: { name: 'host.tcp.retransmitted' },
  node_netstat_TcpExt_ListenDrops: { name: 'host.tcp.listen_drops' },
  node_netstat_Udp_InErrors: { name: 'host.udp.receive_errors' },
  node_netstat_Udp_RcvbufErrors: { name: 'host.udp.buffer_errors' },
  node_sockstat_sockets_used: { name: 'host.sockets.used' },
  node_procs_running: { name: 'host.processes.running' },
  node_procs_blocked: { name: 'host.processes.blocked' },
  node_forks_total: { name: 'host.processes.forks' },
  node_context_switches_total: { name: 'host.kernel.context_switches' },
  node_intr_total: { name: 'host.kernel.interrupts' },
  node_filefd_allocated: { name: 'host.kernel.open_files' },
  node_boot_time_seconds: { name: 'host.kernel.boot_time' },
  node_pressure_cpu_waiting_seconds_total: { name: 'host.pressure.cpu_waiting', factor: percent },
  node_pressure_io_waiting_seconds_total: { name: 'host.pressure.io_waiting', factor: percent },
  node_pressure_io_stalled_seconds_total: { name: 'host.pressure.io_stalled', factor: percent },
  node_pressure_memory_waiting_seconds_total: {
    name: 'host.pressure.memory_waiting',
    factor: percent,
  },
  node_pressure_memory_stalled_seconds_total: {
    name: 'host.pressure.memory_stalled',
    factor: percent,
  },
  namedprocess_namegroup_cpu_seconds_total: {
    name: 'host.process.cpu',
    tags: group,
    factor: percent,
  },
  namedprocess_namegroup_num_procs: { name: 'host.process.count', tags: group },
  namedprocess_namegroup_open_filedesc: { name: 'host.process.open_files', tags: group },
  process_cpu_seconds_total: { name: 'host.weir.cpu', factor: percent },
  process_resident_memory_bytes: { name: 'host.weir.memory' },
  process_open_fds: { name: 'host.weir.open_files' },
}

/** Of the kinds of memory of a process only one is kept. */
const resident: Rule = { name: 'host.process.memory', tags: group }

/** Values that the kernel counts up although node_exporter does not call them counters. */
const grows = /^node_(vmstat_|netstat_(?!Tcp_CurrEstab))/

const ruleOf = ({ name, labels }: Measured): Rule | undefined =>
  name === 'namedprocess_namegroup_memory_bytes' && labels['memtype'] === 'resident'
    ? resident
    : rules[name]

/** Every dotted name that there may be; those that end in `.*` have a part more. For the docs. */
export const dottedNames: readonly string[] = [
  ...Object.values(rules).map(({ name, path }) => (path === undefined ? name : `${name}.*`)),
  resident.name,
]

/** Makes dotted values of what was measured; remembers the last reading, since rates need two. */
export class DottedValues {
  #before: { readonly atMs: number; readonly sums: ReadonlyMap<string, number> } | undefined

  /** @param atMs of a clock that does not jump. The first reading has no rates. */
  of(measured: readonly Measured[], atMs: number): Dotted[] {
    const sums = new Map<string, number>()
    const found = new Map<string, Omit<Dotted, 'value'> & { rule: Rule; isCounter: boolean }>()
    for (const each of measured) {
      const rule = ruleOf(each)
      if (!rule || Number.isNaN(each.value)) continue
      const { labels, value } = each
      const name = rule.path === undefined ? rule.name : `${rule.name}.${labels[rule.path]}`
      const tags = Object.entries(rule.tags ?? {}).map(
        ([label, tag]) => [tag, labels[label] ?? ''] as const,
      )
      const key = tags.reduce((text, [tag, of]) => `${text};${tag}=${of}`, name)
      sums.set(key, (sums.get(key) ?? 0) + value)
      const isCounter = each.type === 'counter' || grows.test(each.name)
      if (!found.has(key)) found.set(key, { name, tags, rule, isCounter })
    }
    const before = this.#before
    this.#before = { atMs, sums }
    const seconds = before ? (atMs - before.atMs) / 1000 : 0
    const processors = processorsOf(measured)
    return [...found].flatMap(([key, { name, tags, rule, isCounter }]) => {
      const now = sums.get(key)! * (rule.factor ?? 1)
      if (!isCounter) return { name, tags, value: now }
      const then = before?.sums.get(key)
      const growth = then === undefined ? NaN : now - then * (rule.factor ?? 1)
      // A counter that fell began anew.
      if (!(growth >= 0) || seconds <= 0) return []
      return { name, tags, value: growth / seconds / (rule.perProcessor ? processors : 1) }
    })
  }
}

function processorsOf(measured: readonly Measured[]): number {
  const isOne = ({ name, labels }: Measured) =>
    name === 'node_cpu_seconds_total' && labels['mode'] === 'idle'
  return measured.filter(isOne).length || 1
}
