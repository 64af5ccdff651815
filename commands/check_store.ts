import { existsSync, mkdtempSync, rmSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { messageOf } from '../core/errors.ts'
import { formatSize } from '../core/size_text.ts'
import type { StoreConfig } from '../store/config.ts'
import type { Finding } from './finding.ts'

/** Before Weir was written no clock can be right. */
const earliestMs = Date.UTC(2026, 0, 1)

/**
 * Looks at what the embedded store needs: the engine, a row written and read back, room, the clock.
 * The row goes to a folder of its own, which is gone afterwards.
 */
export async function checkStore(
  config: StoreConfig,
  dataFolder: string,
  nowMs: number,
): Promise<Finding[]> {
  const problem = (message: string): Finding => ({ level: 'problem', subject: 'store', message })
  const note = (message: string): Finding => ({ level: 'note', subject: 'store', message })
  const findings: Finding[] = []
  if (nowMs < earliestMs) {
    findings.push(
      problem('the clock of this machine is years behind: retention and questions go by it'),
    )
  }
  const base = existing(dataFolder)
  const { bavail, bsize } = statfsSync(base)
  const free = bavail * bsize
  const { size } = config.retention
  if (free < config.min_free_disk) {
    const text = `${formatSize(free)} are free at ${base}, less than store.min_free_disk (${formatSize(config.min_free_disk)}): the oldest segments would go at once`
    findings.push(problem(text))
  } else if (free < size) {
    const text = `${formatSize(free)} are free at ${base}, and store.retention.size lets the store grow to ${formatSize(size)}: the oldest segments go when the disk has less than store.min_free_disk`
    findings.push(note(text))
  }
  try {
    await roundTrip(base)
  } catch (failure) {
    findings.push(problem(`the engine does not work: ${messageOf(failure)}`))
  }
  return findings
}

/** The folder, or the nearest above it that is there. */
function existing(folder: string): string {
  return existsSync(folder) ? folder : existing(dirname(folder))
}

async function roundTrip(base: string): Promise<void> {
  const { DuckDBInstance } = await import('@duckdb/node-api')
  const folder = mkdtempSync(join(isWritable(base) ? base : tmpdir(), '.weir-check-'))
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  const connection = await instance.connect()
  try {
    const file = `'${join(folder, 'row.parquet').replaceAll("'", "''")}'`
    await connection.run(`copy (select 42 as n) to ${file} (format parquet, compression zstd)`)
    const reader = await connection.runAndReadAll(`select n from read_parquet(${file})`)
    if (reader.getRows()[0]?.[0] !== 42)
      throw new Error('what was read back is not what was written')
  } finally {
    connection.closeSync()
    instance.closeSync()
    rmSync(folder, { recursive: true, force: true })
  }
}

function isWritable(folder: string): boolean {
  try {
    rmSync(mkdtempSync(join(folder, '.weir-check-')), { recursive: true })
    return true
  } catch {
    return false
  }
}
