import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { formatTable } from '../commands/table.ts'
import { metric, ready, startWeir, type Measured } from './process.ts'

const idleFiles = 10_000
const changingFiles = 100
const watchMs = 20_000
/** A file is looked at the less often the longer it rests: after 40 s at its idle interval of 10 s. */
const settleMs = 45_000
/** Files that nothing is written to are closed after this; the default, a minute, is long to wait for. */
const closeIdle = '5s'

/** What Weir costs while little or nothing happens. */
export async function run(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'weir-idle-'))
  try {
    const rows = [
      await withoutConfig(join(folder, 'plain')),
      await withFiles(join(folder, 'second'), 1),
      await withFiles(join(folder, 'tenth'), 10),
    ]
    const headings = ['', 'CPU %', 'RSS MB', 'anonymous MB', 'peak RSS MB', 'open files']
    console.log(formatTable(headings, rows))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function withoutConfig(folder: string): Promise<string[]> {
  const weir = startWeir(folder, undefined)
  try {
    await ready(weir, folder)
    await sleep(3000)
    return await watch('Weir without a config', weir)
  } finally {
    await weir.stop()
  }
}

/** @param everySeconds a changing file gets a line so often. */
async function withFiles(folder: string, everySeconds: number): Promise<string[]> {
  const logs = join(folder, 'logs')
  for (let i = 0; i < 100; i++) mkdirSync(join(logs, `${i}`), { recursive: true })
  for (let i = 0; i < idleFiles; i++) {
    writeFileSync(join(logs, `${i % 100}`, `idle-${i}.log`), `{"message":"one line","n":${i}}\n`)
  }
  const changing = Array.from({ length: changingFiles }, (_, i) => join(logs, `${i}`, 'busy.log'))
  const input = {
    type: 'tail',
    paths: [`${logs}/**/*.log`],
    parser: 'json',
    tag: 'bench',
    close_idle: closeIdle,
  }
  const weir = startWeir(folder, { collector: { inputs: [input], outputs: [{ type: 'null' }] } })
  let n = 0
  const writer = setInterval(
    () => {
      const path = changing[n++ % changingFiles]!
      appendFileSync(path, `{"message":"a line now and then","n":${n}}\n`)
    },
    (everySeconds * 1000) / changingFiles,
  )
  try {
    await ready(weir, folder)
    while ((await metric(folder, 'weir_journal_events_total')) < idleFiles) await sleep(250)
    await sleep(settleMs)
    const name = `${idleFiles} idle files, ${changingFiles} with a line every ${everySeconds} s`
    const cells = await watch(name, weir)
    const behind = n - (await metric(folder, 'weir_journal_events_total')) + idleFiles
    if (behind > 2 * changingFiles) console.log(`${behind} lines behind`)
    return cells
  } finally {
    clearInterval(writer)
    await weir.stop()
  }
}

async function watch(name: string, weir: Measured): Promise<string[]> {
  const before = weir.usage()
  await sleep(watchMs)
  const { cpuSeconds, rssMB, anonymousMB, peakRssMB, descriptors } = weir.usage()
  const cpu = ((cpuSeconds - before.cpuSeconds) / watchMs) * 100_000
  const memory = [rssMB, anonymousMB, peakRssMB].map((mb) => mb.toFixed(0))
  return [name, cpu.toFixed(1), ...memory, String(descriptors)]
}
