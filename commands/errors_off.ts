import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '../config.ts'
import type { Journal } from '../core/journal/journal.ts'
import type { Logger } from '../core/log.ts'
import { reportsPartition, reportsReader } from '../errors/reports.ts'
import { errorEventsPartition } from '../store/error_events.ts'
import type { Finding } from './finding.ts'
import { errorsOutputId, errorsRun } from './running_errors.ts'

/** Readers of error reports, each of one partition. */
const readers = [
  [reportsReader, reportsPartition],
  [errorsOutputId, errorEventsPartition],
] as const

/**
 * Error reports are switched off, and were not always: what they had left to do waits in the journal until they are
 * on again, and nothing else is held for it.
 *
 * To be called before anybody writes.
 */
export async function leaveErrors(journal: Journal, log: Logger): Promise<void> {
  for (const [id, partition] of readers) {
    if (!journal.readers().some((reader) => reader.id === id)) continue
    await journal.narrow(id, partition)
    const waiting = waitingOf(journal, id, partition)
    if (waiting === 0) continue
    const what = `error reports are switched off; those that ${id} had not read yet are kept until they are on again, or until "weir journal forget ${id}"`
    log.warn({ reader: id, reports: waiting }, what)
  }
}

/** For the status: undefined when nothing is left. */
export function leftErrors(journal: Journal): object | undefined {
  const waiting = readers.map(([id, partition]) => waitingOf(journal, id, partition))
  const [reports, events] = waiting as [number, number]
  if (reports === 0 && events === 0) return undefined
  return { switched_off: true, waiting_reports: reports, waiting_events: events }
}

/** Of a partition, events that a reader has not passed; none where there is no such reader. */
function waitingOf(journal: Journal, id: string, partition: string): number {
  const reader = journal.readers().find((known) => known.id === id)
  const found = journal.partitions.find(({ name }) => name === partition)
  return reader && found ? found.lag(reader.cursor[partition]).events : 0
}

/** For `weir check`: errors that were there and are off now. */
export function checkErrorsOff(config: Config, dataFolder: string): Finding[] {
  if (errorsRun(config) || !existsSync(join(dataFolder, 'errors'))) return []
  const message =
    'they are switched off: issues stay as they are, reports that are not digested yet wait in the journal, and no report is taken in'
  return [{ level: 'note', subject: 'errors', message }]
}
