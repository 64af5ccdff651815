import { gauge, type Measured } from '../measured.ts'
import type { ProcFolder } from '../proc_folder.ts'

/** `/proc/loadavg`: how many processes ran or wanted to, over 1, 5 and 15 minutes. */
export function load(proc: ProcFolder): Measured[] {
  const [one, five, fifteen] = proc.read('loadavg')?.split(' ') ?? []
  if (fifteen === undefined) return []
  return [
    gauge('node_load1', Number(one)),
    gauge('node_load5', Number(five)),
    gauge('node_load15', Number(fifteen)),
  ]
}
