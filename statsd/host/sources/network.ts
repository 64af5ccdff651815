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

/** What the protocols counted. */
export function protocols(proc: ProcFolder): Measured[] {
  const keep = (key: string, value: string | undefined) =>
    wanted.test(key) ? [unknown(`node_netstat_${key}`, Number(value))] : []
  const tables = ['net/netstat', 'net/snmp'].flatMap((file) => {
    const lines = proc.lines(file)
    return lines.flatMap((line, at) => {
      if (at % 2 === 1) return []
      const [protocol, ...keys] = line.split(' ')
      const values = lines[at + 1]?.split(' ').slice(1) ?? []
      return keys.flatMap((key, field) => keep(`${protocol!.slice(0, -1)}_${key}`, values[field]))
    })
  })
  const six = proc.lines('net/snmp6').flatMap((line) => {
    const [name, value] = line.split(/\s+/)
    const [, protocol, key] = /^(Ip6|Icmp6|Udp6|UdpLite6)(\w+)$/.exec(name!) ?? []
    return protocol === undefined ? [] : keep(`${protocol}_${key}`, value)
  })
  return [...tables, ...six]
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
