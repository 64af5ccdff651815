import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { spawnWeir, weir } from '../commands/weir.ts'
import { waitFor } from '../peers/process.ts'
import { WeirFolder } from '../peers/weir_folder.ts'
import { NumberedLines } from './numbered_lines.ts'

const linesOf = (source: string, count: number) =>
  Array.from({ length: count }, (_, n) => `${JSON.stringify({ source, n, x: 'x'.repeat(60) })}\n`)

const bytesIn = (folder: string): number =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).reduce((sum, name) => {
    return sum + (name.endsWith('.ndjson') ? statSync(join(folder, name)).size : 0)
  }, 0)

test('an import that is killed again and again takes every line once', async () => {
  const folder = new WeirFolder('import')
  folder.configure('collector: { workers: 2, outputs: [] }\nstore: { enabled: false }\n')
  const logs = join(folder.path, 'logs')
  mkdirSync(logs)
  const counts = new Map([
    ['a', 200_000],
    ['b', 150_000],
    ['c', 200_000],
  ])
  for (const [source, count] of counts) {
    const text = linesOf(source, count).join('')
    if (source === 'b') writeFileSync(join(logs, 'b.log.gz'), gzipSync(text, { level: 1 }))
    else writeFileSync(join(logs, `${source}.log`), text)
  }
  const command = ['import', logs, '-p', 'json', '-t', 'old', '-d', folder.data]
  const socket = join(folder.data, 'weir.sock')
  const journal = join(folder.data, 'journal')
  // Bytes more in the journal at which somebody is killed.
  const kills = [3e6, 5e6, 4e6, 6e6]
  try {
    for (const [round, bytes] of [...kills, undefined].entries()) {
      rmSync(socket, { force: true })
      const program = folder.start()
      await waitFor('Weir to run', () => existsSync(socket))
      const before = bytesIn(journal)
      const importing = spawnWeir(command)
      if (bytes === undefined) {
        expect(await importing.ended).toMatchObject({ code: 0 })
        await program.end('SIGTERM')
        break
      }
      await waitFor(`${bytes} more bytes`, () => bytesIn(journal) >= before + bytes)
      if (round === 1) {
        // The command alone; Weir gives up by itself.
        importing.child.kill('SIGKILL')
        await importing.ended
      }
      await program.end('SIGKILL')
      const { code, stderr } = await importing.ended
      if (round !== 1) expect({ code, stderr }).toMatchObject({ code: 69 })
      if (round !== 1) expect(stderr).toContain('import again')
    }
    const arrived = new NumberedLines()
    const { stdout } = await weir(['journal', 'cat', '--ids', '-d', folder.data])
    for (const line of stdout.split('\n').filter(Boolean)) {
      const [id, , event] = line.split('\t')
      const { source, n } = JSON.parse(event!) as { source: string; n: number }
      arrived.add(source, n, id!)
    }
    expect(arrived.problems(counts)).toEqual({ lost: [], doubled: [] })
  } finally {
    folder.remove()
  }
})
