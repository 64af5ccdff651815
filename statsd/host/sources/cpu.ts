import { counter, gauge, type Measured } from '../measured.ts'
import type { ProcFolder } from '../proc_folder.ts'

const modes = ['user', 'nice', 'system', 'idle', 'iowait', 'irq', 'softirq', 'steal'] as const
const totals: Readonly<Record<string, (value: number) => Measured>> = {
  ctxt: (value) => counter('node_context_switches_total', value),
  intr: (value) => counter('node_intr_total', value),
  processes: (value) => counter('node_forks_total', value),
  btime: (value) => gauge('node_boot_time_seconds', value),
  procs_running: (value) => gauge('node_procs_running', value),
  procs_blocked: (value) => gauge('node_procs_blocked', value),
}

/** `/proc/stat`: processor time by processor and mode, and what else the kernel counts there (proc(5)). */
export function cpu(proc: ProcFolder): Measured[] {
  const { ticksPerSecond } = proc
  return proc.lines('stat').flatMap((line) => {
    const [word, ...fields] = line.split(' ', 12)
    const name = /^cpu(\d+)$/.exec(word!)?.[1]
    if (name === undefined) return totals[word!]?.(Number(fields[0])) ?? []
    const seconds = (at: number) => Number(fields[at] ?? 0) / ticksPerSecond
    const guests = { user: seconds(8), nice: seconds(9) }
    return [
      ...modes.map((mode, at) =>
        counter('node_cpu_seconds_total', seconds(at), { cpu: name, mode }),
      ),
      ...Object.entries(guests).map(([mode, value]) =>
        counter('node_cpu_guest_seconds_total', value, { cpu: name, mode }),
      ),
    ]
  })
}
