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

/** Undefined for a process that has ended. */
export function readProcess(proc: ProcFolder, pid: number): ProcessState | undefined {
  const text = proc.read(`${pid}/stat`, true)
  if (text === undefined) return undefined
  // A name may hold blanks and parentheses.
  const open = text.indexOf('(')
  const close = text.lastIndexOf(')')
  const fields = text.slice(close + 2).split(' ')
  if (open < 0 || close < open || fields.length < 22) return undefined
  // Fields count from 1 in proc(5), and these begin with the third.
  const field = (number: number) => Number(fields[number - 3])
  return {
    name: text.slice(open + 1, close),
    isKernelThread: (field(9) & kernelThread) !== 0,
    userSeconds: field(14) / proc.ticksPerSecond,
    systemSeconds: field(15) / proc.ticksPerSecond,
    threads: field(20),
    startedTicks: field(22),
    virtualBytes: field(23),
    residentBytes: field(24) * proc.pageBytes,
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
