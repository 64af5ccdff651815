import { counter, gauge, type Measured } from '../measured.ts'
import type { ProcFolder } from '../proc_folder.ts'
import { openFiles, type ProcessState, readProcess, userOf } from './process_files.ts'
import { Users } from './users.ts'

/** Processes of one name and user. */
interface Group {
  readonly labels: { readonly groupname: string; readonly username: string }
  /** Grow also while processes come and go. */
  userSeconds: number
  systemSeconds: number
  processes: number
  threads: number
  residentBytes: number
  virtualBytes: number
  openFiles: number
  /** The last reading that found a process of it. */
  lastReading: number
}

/** What is remembered of a process from one reading to the next. */
interface Seen {
  readonly startedTicks: number
  userSeconds: number
  systemSeconds: number
  user: number | undefined
  readonly firstReading: number
  reading: number
}

/** Readings after which a process is asked again who it runs as. */
const askUserEvery = 60
/** Readings after which a group without processes is forgotten. */
const forgetGroupAfter = 60
/** A process is young for so many readings: daemons change their user soon after they start. */
const youngReadings = 2

/**
 * Processes grouped by their name and effective user, under the names of process-exporter
 * (`namedprocess_namegroup_*`). Threads of the kernel are one group. The first `most` groups, those with the most
 * memory, have names of their own while they have processes; all others are `other`.
 */
export class Processes {
  readonly #proc: ProcFolder
  readonly #most: number
  readonly #users: Users
  readonly #groups = new Map<string, Group>()
  readonly #seen = new Map<number, Seen>()
  #reading = 0

  constructor(proc: ProcFolder, options: { readonly most: number; readonly root: string }) {
    this.#proc = proc
    this.#most = options.most
    this.#users = new Users(options.root)
  }

  read(): Measured[] {
    this.#reading += 1
    this.#users.refresh()
    for (const group of this.#groups.values()) clear(group)
    const found = this.#proc.processes().flatMap((pid) => {
      const state = readProcess(this.#proc, pid)
      return state ? [{ pid, state }] : []
    })
    const isFull = this.#groups.size >= this.#most
    // Who takes most gets a group of his own first; once all are given away the order is of no account.
    if (!isFull) found.sort((a, b) => b.state.residentBytes - a.state.residentBytes)
    for (const { pid, state } of found) this.#add(pid, state)
    for (const [pid, { reading }] of this.#seen) {
      if (reading !== this.#reading) this.#seen.delete(pid)
    }
    for (const [key, { lastReading }] of this.#groups) {
      if (this.#reading - lastReading > forgetGroupAfter) this.#groups.delete(key)
    }
    return [...this.#groups.values()].flatMap(measured)
  }

  #add(pid: number, state: ProcessState): void {
    const known = this.#seen.get(pid)
    const before = known?.startedTicks === state.startedTicks ? known : undefined
    const seen = before ?? {
      startedTicks: state.startedTicks,
      userSeconds: 0,
      systemSeconds: 0,
      user: undefined,
      firstReading: this.#reading,
      reading: 0,
    }
    if (this.#asksUser(pid, seen)) seen.user = userOf(this.#proc, pid)
    const group = this.#groupOf(state, seen.user)
    // What a process used before it was first seen counts, unless Weir itself is what started.
    const isOld = !before && this.#reading === 1
    if (!isOld) {
      group.userSeconds += Math.max(0, state.userSeconds - seen.userSeconds)
      group.systemSeconds += Math.max(0, state.systemSeconds - seen.systemSeconds)
    }
    group.processes += 1
    group.lastReading = this.#reading
    group.threads += state.threads
    group.residentBytes += state.residentBytes
    group.virtualBytes += state.virtualBytes
    if (!state.isKernelThread) group.openFiles += openFiles(this.#proc, pid) ?? 0
    seen.userSeconds = state.userSeconds
    seen.systemSeconds = state.systemSeconds
    seen.reading = this.#reading
    this.#seen.set(pid, seen)
  }

  /** Not all at once, and young ones more often. */
  #asksUser(pid: number, { firstReading }: Seen): boolean {
    const age = this.#reading - firstReading
    return age < youngReadings || (pid + this.#reading) % askUserEvery === 0
  }

  #groupOf(state: ProcessState, user: number | undefined): Group {
    const groupname = state.isKernelThread ? 'kernel' : state.name
    const username = this.#users.nameOf(user)
    return this.#group(groupname, username) ?? this.#group('other', 'other', true)!
  }

  #group(groupname: string, username: string, always = false): Group | undefined {
    const key = `${groupname}\n${username}`
    const known = this.#groups.get(key)
    if (known) return known
    if (this.#groups.size >= this.#most && !always) return undefined
    const labels = { groupname, username }
    const group = { labels, userSeconds: 0, systemSeconds: 0, ...empty, lastReading: this.#reading }
    this.#groups.set(key, group)
    return group
  }
}

const empty = { processes: 0, threads: 0, residentBytes: 0, virtualBytes: 0, openFiles: 0 }

const clear = (group: Group) => void Object.assign(group, empty)

function measured({ labels, ...group }: Group): Measured[] {
  const of = (name: string) => `namedprocess_namegroup_${name}`
  return [
    counter(of('cpu_seconds_total'), group.userSeconds, { ...labels, mode: 'user' }),
    counter(of('cpu_seconds_total'), group.systemSeconds, { ...labels, mode: 'system' }),
    gauge(of('num_procs'), group.processes, labels),
    gauge(of('num_threads'), group.threads, labels),
    gauge(of('memory_bytes'), group.residentBytes, { ...labels, memtype: 'resident' }),
    gauge(of('memory_bytes'), group.virtualBytes, { ...labels, memtype: 'virtual' }),
    gauge(of('open_filedesc'), group.openFiles, labels),
  ]
}
