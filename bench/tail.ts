import { once } from 'node:events'
import { cpus, tmpdir } from 'node:os'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { formatTable } from '../commands/table.ts'
import { parseSize } from '../core/units.ts'
import { dataSet, writeFiles, type DataSet, type SetName } from './data_set.ts'
import { option } from './options.ts'
import { howToInstall, peersOnPath, recorded } from './peers.ts'
import { helper, launch, startWeir, type Measured } from './process.ts'

/** One run: who, over what, in how many files, with how many workers. */
interface Job {
  readonly set: DataSet
  readonly bytes: number
  readonly files: number
  readonly workers: number
}

interface Figures {
  readonly seconds: number
  readonly bytes: number
  readonly lines: number
  readonly cpuSeconds: number
  readonly peakRssMB: number
}

/** How it starts, given where the lines are, where they go and a folder of its own. */
type Start = (logs: string, url: string, folder: string) => Measured

const headings = ['who', 'data', 'files', 'workers', 'MB/s', 'klines/s', 'CPU s', 'peak RSS MB']
const peerBytes = 100e6
/** No line for so long: the run has failed. */
const quietMs = 20_000

/** File to sink, each line parsed and durable in between. The clock runs from the process' start. */
export async function run(): Promise<void> {
  const bytes = parseSize(option('bytes') ?? '1GB') ?? 1e9
  const names = (option('sets') ?? 'json,short,nginx').split(',') as SetName[]
  const peers = option('peers') ?? 'found'
  console.log(
    `${cpus().length} x ${cpus()[0]?.model ?? 'CPU'}, Node ${process.version}; the sink is on the same machine\n`,
  )
  const rows: string[][] = []
  if (peers !== 'only') {
    for (const name of names) {
      const set = dataSet(name)
      rows.push(await weirRow({ set, bytes, files: 1, workers: 1 }))
    }
    if (option('growth') !== 'none') {
      const set = dataSet('short')
      for (const [files, workers] of [
        [4, 1],
        [16, 1],
        [4, 2],
        [16, 2],
      ] as const) {
        rows.push(await weirRow({ set, bytes: bytes / 2, files, workers }))
      }
    }
  }
  if (peers !== 'none') {
    for (const peer of peersOnPath()) {
      for (const name of names) {
        const set = dataSet(name)
        const job = { set, bytes: Math.min(bytes, peerBytes), files: 1, workers: 1 }
        rows.push(
          await row(peer.title, job, (logs, url, folder) => {
            const { command, args, env } = peer.prepare({ set, logs, url, folder })
            return launch(command, args, { cwd: folder, ...(env && { env }) })
          }),
        )
      }
    }
  }
  console.log(formatTable(headings, rows))
  if (peers === 'none') return
  console.log(
    `\nRecorded on a 2 core VM (not measured in this run), MB/s:\n${recorded()}\n\n${howToInstall()}`,
  )
}

async function weirRow(job: Job): Promise<string[]> {
  const profile = option('profile')
  if (profile) mkdirSync(profile, { recursive: true })
  const env = profile ? { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${profile}` } : {}
  return await row('Weir', job, (logs, url, folder) => {
    const input = {
      type: 'tail',
      paths: [`${logs}/*.log`],
      tag: 'bench.app',
      parser: job.set.parser,
    }
    const output = { type: 'elasticsearch', hosts: [url] }
    const collector = { workers: job.workers, inputs: [input], outputs: [output] }
    return startWeir(folder, { collector }, env)
  })
}

async function row(who: string, job: Job, start: Start): Promise<string[]> {
  const size = `${job.set.title}, ${Math.round(job.bytes / 1e6)} MB`
  const cells = [who, size, String(job.files), String(job.workers)]
  process.stderr.write(`… ${cells.join(', ')}\n`)
  try {
    const { seconds, bytes, lines, cpuSeconds, peakRssMB } = await measure(job, start)
    const rates = [bytes / 1e6 / seconds, lines / 1e3 / seconds, cpuSeconds, peakRssMB]
    return [...cells, ...rates.map((figure, i) => figure.toFixed(i === 2 ? 1 : 0))]
  } catch (failure) {
    console.error(`${cells.join(', ')}: ${String(failure)}`)
    return [...cells, 'failed']
  }
}

async function measure(job: Job, start: Start): Promise<Figures> {
  const top = mkdtempSync(join(tmpdir(), 'weir-bench-'))
  const [logs, folder] = [join(top, 'logs'), join(top, 'run')]
  mkdirSync(logs)
  mkdirSync(folder)
  const sink = await helper('sink.ts')
  let measured: Measured | undefined
  try {
    const { bytes, lines } = writeFiles(job.set, logs, job.bytes, job.files)
    measured = start(logs, sink.line, folder)
    const wait = `${sink.line}/_sink/wait?events=${lines}&quiet=${quietMs}`
    const ended = once(measured.child, 'exit')
    const answer = await Promise.race([fetch(wait), ended.then(() => undefined)])
    if (!answer) throw new Error(`it ended:\n${measured.log()}`)
    const counts = (await answer.json()) as { events: number; lastMs: number }
    const { cpuSeconds, peakRssMB } = measured.usage()
    if (counts.events !== lines) {
      throw new Error(`${counts.events} of ${lines} lines came\n${measured.log()}`)
    }
    return {
      seconds: (counts.lastMs - measured.startedMs) / 1000,
      bytes,
      lines,
      cpuSeconds,
      peakRssMB,
    }
  } finally {
    await measured?.stop()
    await sink.stop()
    rmSync(top, { recursive: true, force: true })
  }
}
