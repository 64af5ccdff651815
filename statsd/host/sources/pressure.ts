import { counter, type Measured } from '../measured.ts'
import type { ProcFolder } from '../proc_folder.ts'

/** What waits (`some`) and stalls (`full`) for lack of something; the processor has no stalls of the whole machine. */
const some = /^some .*total=(\d+)/m
const full = /^full .*total=(\d+)/m
const kinds = [
  ['cpu', some, 'node_pressure_cpu_waiting_seconds_total'],
  ['io', some, 'node_pressure_io_waiting_seconds_total'],
  ['io', full, 'node_pressure_io_stalled_seconds_total'],
  ['memory', some, 'node_pressure_memory_waiting_seconds_total'],
  ['memory', full, 'node_pressure_memory_stalled_seconds_total'],
  ['irq', full, 'node_pressure_irq_stalled_seconds_total'],
] as const

/** `/proc/pressure` (Documentation/accounting/psi.rst); not every kernel has it. */
export function pressure(proc: ProcFolder): Measured[] {
  const texts = new Map<string, string>()
  return kinds.flatMap(([resource, line, name]) => {
    const text = texts.get(resource) ?? proc.read(`pressure/${resource}`) ?? ''
    texts.set(resource, text)
    const total = line.exec(text)?.[1]
    return total === undefined ? [] : counter(name, Number(total) / 1e6)
  })
}
