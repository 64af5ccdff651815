/**
 * How error reports grow with what is stored: the same questions and the same load over 10,000, 100,000 and a
 * million kept events, ten of an issue each.
 */
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { eventsOfIssue, fillErrors, storedEventId } from './errors_stored.ts'
import { type ErrorServer, startWeirForErrors } from './errors_servers.ts'
import { ask } from './process.ts'

/** Each question so often; the first ones warm up. */
const times = 60
const warm = 10

/** What is asked, by its head in the table. */
const questions: Readonly<Record<string, (random: () => number, events: number) => string>> = {
  'list ms': () => '/organizations/weir/issues/?limit=100',
  'by freq': () => '/organizations/weir/issues/?limit=100&sort=freq',
  search: (random) =>
    `/organizations/weir/issues/?limit=100&query=is:unresolved+zone:eu-1+Error${Math.floor(random() * 1000)}`,
  issue: (random, events) =>
    `/organizations/weir/issues/${1 + Math.floor(random() * Math.ceil(events / eventsOfIssue))}/`,
  'event by id': (random, events) =>
    `/projects/weir/shop/events/${storedEventId(Math.floor(random() * events))}/`,
}

export const growthHeads = [
  'kept events',
  'issues',
  'MB',
  'fill s',
  ...Object.keys(questions).map((name) => `${name} p50/p99`),
  'digested/s',
  'CPU ms/event',
  'RSS MB',
] as const

/** Load: how many events were digested, in how many seconds of time and CPU. */
type Load = (
  server: ErrorServer,
) => Promise<{ readonly perSecond: number; readonly cpuMs: number; readonly rssMB: number }>

/** @param folder what was filled there before is used again. */
export async function grown(folder: string, events: number, load: Load): Promise<string[]> {
  const data = join(folder, 'data')
  const path = join(data, 'errors', 'errors.sqlite')
  const began = performance.now()
  if (!existsSync(path)) fillErrors(data, events, Math.floor(performance.timeOrigin + began))
  const seconds = (performance.now() - began) / 1000
  const megabytes = statSync(path).size / 1e6
  // Nothing of what is stored is to be evicted.
  const digest = { kept_per_project: 100_000_000, retention: { size: '1TB' } }
  const server = await startWeirForErrors(folder, { isKept: true, digest })
  try {
    const asked: string[] = []
    for (const question of Object.values(questions)) {
      asked.push(await latencies(server, question, events))
    }
    const { perSecond, cpuMs, rssMB } = await load(server)
    return [
      String(events),
      String(Math.ceil(events / eventsOfIssue)),
      megabytes.toFixed(0),
      seconds.toFixed(0),
      ...asked,
      perSecond.toFixed(0),
      cpuMs.toFixed(2),
      rssMB.toFixed(0),
    ]
  } finally {
    await server.stop()
  }
}

async function latencies(
  { folder }: { folder: string },
  question: (random: () => number, events: number) => string,
  events: number,
): Promise<string> {
  let seed = 1
  const random = () => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647
  const took: number[] = []
  for (let time = 0; time < times + warm; time++) {
    const path = `/api/0${question(random, events)}`
    const began = performance.now()
    const { status, text } = await ask(folder, path)
    if (status !== 200) throw new Error(`${path}: ${status} ${text.slice(0, 500)}`)
    if (time >= warm) took.push(performance.now() - began)
    await sleep(2)
  }
  took.sort((a, b) => a - b)
  const at = (share: number) => took[Math.floor(took.length * share)]!.toFixed(1)
  return `${at(0.5)} / ${at(0.99)}`
}
