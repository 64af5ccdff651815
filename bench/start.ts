import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { formatTable } from '../commands/table.ts'
import { ready, startWeir } from './process.ts'

const runs = 10

/** From the start of the process to the first answer on the HTTP port that everything is ready. */
export async function run(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'weir-start-'))
  try {
    const cold: number[] = []
    for (let i = 0; i < runs; i++) cold.push(await once(folder, `cold-${i}`))
    await once(folder, 'warm')
    const warm: number[] = []
    for (let i = 0; i < runs; i++) warm.push(await once(folder, 'warm'))
    const row = (name: string, all: number[]) => {
      const sorted = all.toSorted((a, b) => a - b)
      const figures = [sorted[0]!, sorted[runs >> 1]!, sorted.at(-1)!]
      return [name, ...figures.map((ms) => ms.toFixed(0))]
    }
    const rows = [row('compile cache empty', cold), row('compile cache filled', warm)]
    console.log(formatTable(['start to ready', 'best ms', 'median ms', 'worst ms'], rows))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function once(top: string, cache: string): Promise<number> {
  const folder = join(top, 'run')
  rmSync(folder, { recursive: true, force: true })
  const weir = startWeir(folder, undefined, { XDG_CACHE_HOME: join(top, cache) })
  try {
    await ready(weir, folder)
    return performance.timeOrigin + performance.now() - weir.startedMs
  } finally {
    await weir.stop()
  }
}
