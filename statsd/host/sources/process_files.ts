import { statSync } from 'node:fs'
import type { ProcFolder } from '../proc_folder.ts'

/** A process as `/proc/<pid>/stat` tells (proc(5)). */
export interface ProcessState {
  /** At most 15 bytes, as the program calls itself. */
  readonly name: string
  readonly isKernelThread: boolean
  readonly userSeconds: number
  readonly systemSeconds: number
  readonly threads: number
  /** Since boot; with the id it names a process for good. */
  readonly startedTicks: number
  readonly virtualBytes: number
  readonly residentBytes: number
}

const kernelThread = 0x0020_0000

/**
 * Of `/proc/<pid>/stat`: the name, which may hold blanks and parentheses; then, counted as in proc(5), field 9
 * (flags), 14 and 15 (user and system time), 20 (threads), 22 (start), 23 and 24 (virtual and resident memory).
 */
const stat =
  /\((.*)\) \S (?:\S+ ){5}(\d+) (?:\S+ ){4}(\d+) (\d+) (?:\S+ ){4}(\S+) \S+ (\d+) (\d+) (\d+)/s

/** Undefined for a process that has ended. */
export function readProcess(proc: ProcFolder, pid: number): ProcessState | undefined {
  const text = proc.read(`${pid}/stat`, true)
  const found = text === undefined ? null : stat.exec(text)
  if (!found) return undefined
  const [, name, flags, user, system, threads, started, virtual, resident] = found
  return {
    name: name!,
    isKernelThread: (Number(flags) & kernelThread) !== 0,
    userSeconds: Number(user) / proc.ticksPerSecond,
    systemSeconds: Number(system) / proc.ticksPerSecond,
    threads: Number(threads),
    startedTicks: Number(started),
    virtualBytes: Number(virtual),
    residentBytes: Number(resident) * proc.pageBytes,
  }
}

/** Who a process runs as: the effective user's id. */
export function userOf(proc: ProcFolder, pid: number): number | undefined {
  const id = /^Uid:\s+\d+\s+(\d+)/m.exec(proc.read(`${pid}/status`) ?? '')?.[1]
  return id === undefined ? undefined : Number(id)
}

/** Open files of a process; undefined where they may not be seen. Kernels since 6.2 tell without a list. */
export function openFiles(proc: ProcFolder, pid: number): number | undefined {
  const folder = `${pid}/fd`
  try {
    const size = statSync(`${proc.path}/${folder}`, { throwIfNoEntry: false })?.size
    if (size === undefined || size > 0) return size
  } catch {
    return undefined
  }
  return proc.list(folder).length || undefined
}
