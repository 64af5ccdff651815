import { counter, gauge, type Measured } from '../measured.ts'
import type { ProcFolder } from '../proc_folder.ts'

const sectorBytes = 512
const one = (value: number) => value
const sectors = (value: number) => value * sectorBytes
const ms = (value: number) => value / 1000

/** Fields of a line of `/proc/diskstats` behind the name, in their order, each with what it is in node_exporter's unit. */
const fields: readonly (readonly [name: string, inUnit: (value: number) => number])[] = [
  ['reads_completed_total', one],
  ['reads_merged_total', one],
  ['read_bytes_total', sectors],
  ['read_time_seconds_total', ms],
  ['writes_completed_total', one],
  ['writes_merged_total', one],
  ['written_bytes_total', sectors],
  ['write_time_seconds_total', ms],
  ['io_now', one],
  ['io_time_seconds_total', ms],
  ['io_time_weighted_seconds_total', ms],
  ['discards_completed_total', one],
  ['discards_merged_total', one],
  ['discarded_sectors_total', one],
  ['discard_time_seconds_total', ms],
  ['flush_requests_total', one],
  ['flush_requests_time_seconds_total', ms],
]

/** `/proc/diskstats` (Documentation/admin-guide/iostats.rst). Kernels before 4.18 and 5.5 have fewer fields. */
export function disks(
  proc: ProcFolder,
  { excluded, most }: { readonly excluded: RegExp; readonly most: number },
): Measured[] {
  const found = proc
    .lines('diskstats')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , device]) => device !== undefined && !excluded.test(device))
  return found.slice(0, most).flatMap(([, , device, ...values]) =>
    values.slice(0, fields.length).map((value, at) => {
      const [name, inUnit] = fields[at]!
      const make = name === 'io_now' ? gauge : counter
      return make(`node_disk_${name}`, inUnit(Number(value)), { device: device! })
    }),
  )
}
