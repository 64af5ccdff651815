import { gauge, type Measured, unknown } from '../measured.ts'
import type { ProcFolder } from '../proc_folder.ts'

const field = /^(\w+)(?:\((\w+)\))?:\s+(\d+)( kB)?$/gm

/** `/proc/meminfo`; `Active(anon)` is `node_memory_Active_anon_bytes`. */
export function memory(proc: ProcFolder): Measured[] {
  const text = proc.read('meminfo') ?? ''
  return Array.from(text.matchAll(field), ([, word, kind, amount, unit]) => {
    const name = `node_memory_${word}${kind === undefined ? '' : `_${kind}`}`
    return unit === undefined
      ? gauge(name, Number(amount))
      : gauge(`${name}_bytes`, Number(amount) * 1024)
  })
}

/** What node_exporter takes of some 190 lines. */
const counted = /^(oom_kill|pgpg\w*|pswp\w*|pg\w*fault\w*) (\d+)$/gm

/** `/proc/vmstat`: paging and swapping, and how often the kernel had to kill for memory. */
export function paging(proc: ProcFolder): Measured[] {
  const text = proc.read('vmstat') ?? ''
  return Array.from(text.matchAll(counted), ([, name, value]) =>
    unknown(`node_vmstat_${name}`, Number(value)),
  )
}
