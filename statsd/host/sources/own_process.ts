import { counter, gauge, type Measured } from '../measured.ts'
import type { ProcFolder } from '../proc_folder.ts'
import { openFiles, readProcess } from './process_files.ts'

/** Weir's own process, under the names that Prometheus' client libraries use. */
export function ownProcess(proc: ProcFolder, pid: number, bootSeconds: number): Measured[] {
  const own = readProcess(proc, pid)
  if (!own) return []
  const limit = /^Max open files\s+(\d+)/m.exec(proc.read(`${pid}/limits`) ?? '')?.[1]
  const files = openFiles(proc, pid)
  return [
    counter('process_cpu_seconds_total', own.userSeconds + own.systemSeconds),
    gauge('process_resident_memory_bytes', own.residentBytes),
    gauge('process_virtual_memory_bytes', own.virtualBytes),
    gauge('process_start_time_seconds', bootSeconds + own.startedTicks / proc.ticksPerSecond),
    ...(files === undefined ? [] : [gauge('process_open_fds', files)]),
    ...(limit === undefined ? [] : [gauge('process_max_fds', Number(limit))]),
  ]
}
