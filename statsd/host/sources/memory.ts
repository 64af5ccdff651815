import { gauge, type Measured, unknown } from '../measured.ts'
import type { ProcFolder } from '../proc_folder.ts'

/** `/proc/meminfo`; `Active(anon)` is `node_memory_Active_anon_bytes`. */
export function memory(proc: ProcFolder): Measured[] {
  return proc.lines('meminfo').flatMap((line) => {
    const [, field, kind, amount, unit] = /^(\w+)(?:\((\w+)\))?:\s+(\d+)( kB)?$/.exec(line) ?? []
    if (field === undefined) return []
    const name = `node_memory_${field}${kind === undefined ? '' : `_${kind}`}`
    return unit === undefined
      ? gauge(name, Number(amount))
      : gauge(`${name}_bytes`, Number(amount) * 1024)
  })
}

/** `/proc/vmstat`: paging and swapping, and how often the kernel had to kill for memory. */
export function paging(proc: ProcFolder): Measured[] {
  return proc.lines('vmstat').flatMap((line) => {
    const [field, value] = line.split(' ')
    const isWanted = /^(oom_kill|pgpg|pswp|pg.*fault)/.test(field!)
    return isWanted ? unknown(`node_vmstat_${field}`, Number(value)) : []
  })
}
