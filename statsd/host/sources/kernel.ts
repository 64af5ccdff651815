import { gauge, type Measured } from '../measured.ts'
import type { ProcFolder } from '../proc_folder.ts'

/** Single numbers of `/proc/sys`. */
const settings = {
  'sys/kernel/random/entropy_avail': 'node_entropy_available_bits',
  'sys/kernel/random/poolsize': 'node_entropy_pool_size_bits',
  'sys/net/netfilter/nf_conntrack_count': 'node_nf_conntrack_entries',
  'sys/net/netfilter/nf_conntrack_max': 'node_nf_conntrack_entries_limit',
} as const

/** Open files, entropy, tracked connections, and which kernel it is. */
export function kernel(proc: ProcFolder, machine: string): Measured[] {
  const [allocated, , maximum] = proc.read('sys/fs/file-nr')?.trim().split(/\s+/) ?? []
  const files =
    maximum === undefined
      ? []
      : [
          gauge('node_filefd_allocated', Number(allocated)),
          gauge('node_filefd_maximum', Number(maximum)),
        ]
  const numbers = Object.entries(settings).flatMap(([file, name]) => {
    const text = proc.read(file)
    return text === undefined ? [] : gauge(name, Number(text))
  })
  const about = (name: string) => proc.read(`sys/kernel/${name}`)?.trim() ?? ''
  const labels = {
    domainname: about('domainname'),
    machine,
    nodename: about('hostname'),
    release: about('osrelease'),
    sysname: about('ostype'),
    version: about('version'),
  }
  const names = labels.sysname === '' ? [] : [gauge('node_uname_info', 1, labels)]
  return [...files, ...numbers, ...names]
}
