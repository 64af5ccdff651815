import process from 'node:process'

/** The CPU time of this thread that some work takes, in ms: unlike the time of day, no other load adds to it. */
export function cpuMsOf(work: () => void): number {
  const before = process.threadCpuUsage()
  work()
  const { user, system } = process.threadCpuUsage(before)
  return (user + system) / 1000
}
