import { counter, gauge, type Measured, unknown } from '../measured.ts'
import type { ProcFolder } from '../proc_folder.ts'

const received = ['bytes', 'packets', 'errs', 'drop', 'fifo', 'frame', 'compressed', 'multicast']
const sent = ['bytes', 'packets', 'errs', 'drop', 'fifo', 'colls', 'carrier', 'compressed']
const names = [
  ...received.map((each) => `node_network_receive_${each}_total`),
  ...sent.map((each) => `node_network_transmit_${each}_total`),
]

/** `/proc/net/dev`: what each interface received and sent. */
export function interfaces(
  proc: ProcFolder,
  { excluded, most }: { readonly excluded: RegExp; readonly most: number },
): Measured[] {
  const found = proc.lines('net/dev').flatMap((line) => {
    const [, device, values] = /^\s*(\S+):\s*(\d.*)$/.exec(line) ?? []
    if (device === undefined || excluded.test(device)) return []
    return [{ device, values: values!.trim().split(/\s+/) }]
  })
  return found
    .slice(0, most)
    .flatMap(({ device, values }) =>
      values
        .slice(0, names.length)
        .map((value, at) => counter(names[at]!, Number(value), { device })),
    )
}

/** node_exporter's choice of `/proc/net/netstat`, `snmp` and `snmp6`. */
const wanted =
  /^(.*_(InErrors|InErrs)|Ip_Forwarding|Ip(6|Ext)_(InOctets|OutOctets)|Icmp6?_(InMsgs|OutMsgs)|TcpExt_(Listen.*|Syncookies.*|TCPSynRetrans|TCPTimeouts|TCPOFOQueue|TCPRcvQDrop)|Tcp_(ActiveOpens|InSegs|OutSegs|OutRsts|PassiveOpens|RetransSegs|CurrEstab)|Udp6?_(InDatagrams|OutDatagrams|NoPorts|RcvbufErrors|SndbufErrors))$/

/** A line of names, and which of them are wanted; the kernel's do not change while it runs. */
const known = new Map<string, readonly { readonly at: number; readonly name: string }[]>()
const maxKnown = 100

function wantedOf(names: string): readonly { readonly at: number; readonly name: string }[] {
  const before = known.get(names)
  if (before) return before
  const [protocol, ...keys] = names.split(' ')
  const all = keys.map((key, at) => ({ at: at + 1, name: `${protocol!.slice(0, -1)}_${key}` }))
  const found = all
    .filter(({ name }) => wanted.test(name))
    .map(({ at, name }) => ({ at, name: `node_netstat_${name}` }))
  if (known.size < maxKnown) known.set(names, found)
  return found
}

const six =
  /^(Ip6|Icmp6|Udp6|UdpLite6)(InOctets|OutOctets|InMsgs|OutMsgs|InErrors|InDatagrams|OutDatagrams|NoPorts|RcvbufErrors|SndbufErrors)\s+(\d+)$/gm

/** What the protocols counted. In most files a line of names goes before one of values. */
export function protocols(proc: ProcFolder): Measured[] {
  const tables = ['net/netstat', 'net/snmp'].flatMap((file) => {
    const lines = proc.lines(file)
    return lines.flatMap((line, index) => {
      const found = index % 2 === 0 ? wantedOf(line) : []
      if (found.length === 0) return []
      const values = lines[index + 1]?.split(' ') ?? []
      return found.map(({ at, name }) => unknown(name, Number(values[at])))
    })
  })
  const text = proc.read('net/snmp6') ?? ''
  const ofSix = Array.from(text.matchAll(six)).flatMap(([, protocol, key, value]) => {
    const name = `${protocol}_${key}`
    return wanted.test(name) ? unknown(`node_netstat_${name}`, Number(value)) : []
  })
  return [...tables, ...ofSix]
}

/** `/proc/net/sockstat` and `sockstat6`: sockets there are, by kind. */
export function sockets(proc: ProcFolder): Measured[] {
  return ['net/sockstat', 'net/sockstat6'].flatMap((file) =>
    proc.lines(file).flatMap((line) => {
      const [kind, ...pairs] = line.split(' ')
      const name = `node_sockstat_${kind!.slice(0, -1)}`
      return pairs.flatMap((key, at) => {
        if (at % 2 === 1) return []
        const value = Number(pairs[at + 1])
        const all = [gauge(`${name}_${key}`, value)]
        if (key === 'mem') all.push(gauge(`${name}_mem_bytes`, value * proc.pageBytes))
        return all
      })
    }),
  )
}
