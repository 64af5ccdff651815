import { execFile } from 'node:child_process'
import { appendFileSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { startBulkSink } from '../peers/bulk_sink.ts'
import { waitFor } from '../peers/process.ts'
import { requirePeer } from '../peers/require.ts'
import { WeirFolder } from '../peers/weir_folder.ts'
import { NumberedLines } from './numbered_lines.ts'

/**
 * The one window that no reader can close: what is written between logrotate's copy and its truncation is in
 * neither file. Weir has those of these lines that it read from the live file in that moment; the rest is
 * measured here, and printed. Whatever is in any file has to arrive, once.
 *
 * Nor is an append that goes over the end of a page one step to who reads: the copy may end amid such a line, of
 * which the rest is cut away with the log. That line is in no file; its beginning arrives as what it is.
 */
const logrotate = requirePeer('logrotate')
const run = promisify(execFile)
const rotations = 10

const padding = 'x'.repeat(200)
const lineOf = (n: number) => `{"n":${n},"padding":"${padding}"}\n`
const wholeLines = new RegExp(lineOf(0).replace('0', String.raw`(\d+)`), 'g')

/** By file, the numbers of the lines that are whole in it. */
function numbersIn(folder: string): Map<string, number[]> {
  const numbersOf = (name: string) =>
    [...readFileSync(join(folder, name), 'latin1').matchAll(wholeLines)].map(([, n]) => Number(n))
  return new Map(readdirSync(folder).map((name) => [name, numbersOf(name)]))
}

test.skipIf(!logrotate)(
  'only what no file holds is lost while the writer never rests',
  async () => {
    const weir = new WeirFolder('window')
    const logs = join(weir.path, 'logs')
    mkdirSync(logs)
    const log = join(logs, 'a.log')
    const arrived = new NumberedLines()
    const sink = await startBulkSink({
      onStored: (segment, ordinal, event) => {
        const { n } = JSON.parse(event) as { n?: number }
        if (n !== undefined) arrived.add('a', n, `${segment}-${ordinal}`)
      },
    })
    weir.configure(
      `collector:
  inputs:
    - { type: tail, tag: app, parser: json, paths: ["${log}"], poll_interval: 50ms, gather_interval: 50ms, rotate_wait: 1s }
  outputs:
    - { type: elasticsearch, hosts: ["${sink.url}"], batch_age: 50ms }
`,
    )
    const program = weir.start()
    let written = 0
    let writing = true
    const write = () => appendFileSync(log, lineOf(written++))
    try {
      write()
      const lost = () =>
        arrived.problems(new Map([['a', written]])).lost.map((line) => Number(line.slice(2)))
      await waitFor('the first line', () => lost().length === 0)
      const writer = (async () => {
        while (writing) {
          for (let i = 0; i < 20; i++) write()
          await sleep(1)
        }
      })()
      const rotation = weir.rotation(log, ['copytruncate', 'rotate 50', 'size 1'])
      for (let i = 0; i < rotations; i++) {
        await sleep(300)
        await run(logrotate!.path, rotation)
      }
      writing = false
      await writer
      write()
      const files = numbersIn(logs)
      const held = new Set([...files.values()].flat())
      const overdue = () => lost().filter((n) => held.has(n))
      await waitFor('what the files hold', () => overdue().length === 0).catch((late: unknown) => {
        const missing = new Set(overdue())
        const places = [...files].map(([name, numbers]) => {
          const gone = numbers.filter((n) => missing.has(n))
          return `${name}: ${numbers.length} lines, missing ${gone.length}: ${gone[0]} to ${gone.at(-1)}\n`
        })
        console.log(places.join('') + weir.log())
        throw late
      })
      const { doubled } = arrived.problems(new Map([['a', written]]))
      const inNoFile = written - held.size
      console.log(
        `copytruncate window: ${rotations} rotations, ${written} lines; ${inNoFile} were in no file afterwards, ` +
          `of these Weir had read ${inNoFile - lost().length} from the live file and ${lost().length} are lost`,
      )
      expect(doubled).toEqual([])
    } finally {
      await program.end('SIGKILL')
      await sink.stop()
      weir.remove()
    }
  },
)
