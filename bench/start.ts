import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { formatTable } from '../commands/table.ts'
import { ready, startWeir } from './process.ts'

const runs = 10

interface Start {
  readonly ms: number
  /** Of all threads until then. */
  readonly cpuMs: number
  readonly rssMB: number
}

/** From the start of the process to the first answer on the HTTP port that everything is ready. */
export async function run(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'weir-start-'))
  try {
    const cold: Start[] = []
    for (let i = 0; i < runs; i++) cold.push(await once(folder, `cold-${i}`))
    await once(folder, 'warm')
    const warm: Start[] = []
    for (let i = 0; i < runs; i++) warm.push(await once(folder, 'warm'))
    const row = (name: string, all: readonly Start[]) => {
      const [wall, cpu] = [all.map(({ ms }) => ms), all.map(({ cpuMs }) => cpuMs)].map(sorted)
      const figures = [wall![0]!, wall![runs >> 1]!, wall!.at(-1)!, cpu![0]!, cpu![runs >> 1]!]
      const rss = sorted(all.map(({ rssMB }) => rssMB))[runs >> 1]!
      return [name, ...[...figures, rss].map((figure) => figure.toFixed(0))]
    }
    const rows = [row('compile cache empty', cold), row('compile cache filled', warm)]
    const titles = ['best ms', 'median ms', 'worst ms', 'least CPU ms', 'median CPU ms', 'RSS MB']
    console.log(formatTable(['start to ready', ...titles], rows))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const sorted = (all: readonly number[]) => all.toSorted((a, b) => a - b)

async function once(top: string, cache: string): Promise<Start> {
  const folder = join(top, 'run')
  rmSync(folder, { recursive: true, force: true })
  const weir = startWeir(folder, undefined, { XDG_CACHE_HOME: join(top, cache) })
  try {
    await ready(weir, folder)
    const ms = performance.timeOrigin + performance.now() - weir.startedMs
    const { cpuSeconds, rssMB } = weir.usage()
    return { ms, cpuMs: cpuSeconds * 1000, rssMB }
  } finally {
    await weir.stop()
  }
}
