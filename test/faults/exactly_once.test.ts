import { execFileSync } from 'node:child_process'
import { appendFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { badDay, ok } from '../peers/bulk_script.ts'
import { seeded, startBulkSink } from '../peers/bulk_sink.ts'
import { type Program, waitFor } from '../peers/process.ts'
import { requirePeer } from '../peers/require.ts'
import { WeirFolder } from '../peers/weir_folder.ts'
import { NumberedLines } from './numbered_lines.ts'
import { SmallDisk } from './small_disk.ts'
import { standstill } from './standstill.ts'

/**
 * File → journal → Elasticsearch under everything that goes wrong at once: kill -9, rotation by the real
 * logrotate, a full disk, and a server on a bad day. Numbered lines show that none is lost and none doubled.
 *
 * FAULT_RUNS says how many random runs (default 8); FAULT_SEED where the seeds begin.
 */
const runs = Number(process.env['FAULT_RUNS'] ?? 8)
const firstSeed = Number(process.env['FAULT_SEED'] ?? 1)
const logrotate = requirePeer('logrotate')

/** One random run; everything it does follows from its seed. */
class Run {
  readonly random: () => number
  readonly weir: WeirFolder
  readonly logs: string
  readonly sources = ['a', 'b']
  readonly written = new Map(this.sources.map((source) => [source, 0]))
  readonly arrived = new NumberedLines()
  readonly happened: string[] = []
  /** One for the whole run: logrotate loses track of copies when this changes. */
  readonly compress: string
  #half: { path: string; rest: string } | undefined
  #program: Program | undefined
  #disk: SmallDisk | undefined

  constructor(seed: number) {
    this.random = seeded(seed)
    this.compress = this.chance(0.4) ? 'compress' : 'nocompress'
    this.happened.push(this.compress)
    this.weir = new WeirFolder(`faults-${seed}`)
    this.logs = join(this.weir.path, 'logs')
    mkdirSync(this.logs)
    mkdirSync(this.weir.data)
  }

  chance(probability: number): boolean {
    return this.random() < probability
  }

  path(source: string): string {
    return join(this.logs, `${source}.log`)
  }

  mountData(): void {
    this.#disk = SmallDisk.mount(this.weir.data, '24m')
  }

  async fillDisk(): Promise<void> {
    if (!this.#disk) return
    this.happened.push('disk full')
    this.#disk.fill()
    await sleep(this.random() * 400)
    this.#disk.free()
  }

  configure(url: string, rotatedInGlob: boolean, indices: string): void {
    this.weir.configure(
      `journal: { segment_size: 128KiB }
collector:
  inputs:
    - type: tail
      tag: app
      parser: json
      paths: ["${this.logs}/*.log${rotatedInGlob ? '*' : ''}"]
      ${rotatedInGlob ? `exclude_paths: ["${this.logs}/*.gz"]` : ''}
      poll_interval: 20ms
      gather_interval: 20ms
      idle_poll_interval: 100ms
      refresh_interval: 100ms
      rotate_wait: 1s
  outputs:
    - type: elasticsearch
      hosts: ["${url}"]
      indices: ${indices}
      batch_age: 20ms
      batch_bytes: 20KB
      timeout: 1s
      retry_max_wait: 200ms
`,
    )
  }

  start(): void {
    this.#program = this.weir.start()
  }

  async kill(): Promise<void> {
    this.happened.push('kill')
    await this.#program?.end('SIGKILL')
  }

  /** Numbered lines; the last one sometimes in two parts. */
  write(source: string, count: number): void {
    this.finishHalf()
    let text = ''
    for (let i = 0; i < count; i++) {
      const n = this.written.get(source)!
      this.written.set(source, n + 1)
      text += `${JSON.stringify({ source, n, padding: 'x'.repeat(Math.floor(this.random() * 120)) })}\n`
    }
    const cut = this.chance(0.2) ? text.length - 1 - Math.floor(this.random() * 20) : text.length
    appendFileSync(this.path(source), text.slice(0, cut))
    if (cut < text.length) this.#half = { path: this.path(source), rest: text.slice(cut) }
  }

  finishHalf(): void {
    if (this.#half) appendFileSync(this.#half.path, this.#half.rest)
    this.#half = undefined
  }

  /** The writer rests meanwhile: what it wrote between copy and truncation would be in neither file. */
  rotate(source: string): void {
    this.finishHalf()
    const method = this.chance(0.5) ? 'copytruncate' : 'create'
    this.happened.push(`${method} ${source}`)
    const directives = [method, this.compress, 'rotate 50', 'size 1', 'missingok']
    const rotation = this.weir.rotation(this.path(source), directives)
    execFileSync(logrotate!.path, rotation, { stdio: 'pipe' })
  }

  async stop(): Promise<void> {
    await this.#program?.end('SIGKILL')
  }

  async clean(): Promise<void> {
    await this.stop()
    this.#disk?.unmount()
    this.weir.remove()
  }
}

for (let seed = firstSeed; seed < firstSeed + runs; seed++) {
  test.skipIf(!logrotate)(`nothing lost, nothing doubled (seed ${seed})`, async () => {
    const run = new Run(seed)
    const sink = await startBulkSink({
      script: badDay(run.random, 0.3),
      onStored: (segment, ordinal, event) => {
        const { source, n } = JSON.parse(event) as { source: string; n: number }
        run.arrived.add(source, n, `${segment}-${ordinal}`)
      },
    })
    const inGlob = run.chance(0.3)
    run.configure(sink.url, inGlob, run.chance(0.5) ? 'data_stream' : 'dated')
    run.mountData()
    let failed = true
    try {
      run.start()
      // A file that was never seen is no file of Weir's: what follows holds from the first line on.
      for (const source of run.sources) run.write(source, 1)
      run.finishHalf()
      const complete = () => run.arrived.problems(run.written).lost.length === 0
      await waitFor('the first lines', complete)
      for (let step = 0; step < 40; step++) {
        const source = run.sources[Math.floor(run.random() * run.sources.length)]!
        run.write(source, 1 + Math.floor(run.random() * 60))
        if (run.chance(0.15)) run.rotate(source)
        if (run.chance(0.1)) await run.fillDisk()
        if (run.chance(0.12)) {
          await run.kill()
          if (run.chance(0.5)) run.rotate(source)
          run.start()
          if (run.chance(0.7)) await sleep(run.random() * 1500)
        }
        await sleep(run.random() * 60)
      }
      run.finishHalf()
      sink.script = () => ok
      let late = ''
      await waitFor('every line', complete).catch(async () => {
        const { lost } = run.arrived.problems(run.written)
        late = `${lost.slice(0, 20).join(', ')}\n${await standstill(run.weir, run.logs)}`
      })
      // A line that arrives a second time would do so now: Weir starts anew and looks at every file again.
      await run.kill()
      run.start()
      run.write('a', 1)
      run.finishHalf()
      await waitFor('the line after the restart', complete).catch(() => undefined)
      const { lost, doubled } = run.arrived.problems(run.written)
      const told = `${run.weir.path}: ${run.happened.join(', ')}`
      expect({ lost: lost.slice(0, 20), doubled: doubled.slice(0, 20), late, told }).toEqual({
        lost: [],
        doubled: [],
        late: '',
        told,
      })
      expect(sink.counts.doubled).toBe(0)
      failed = false
    } finally {
      await sink.stop()
      if (failed && process.env['FAULT_KEEP']) {
        await run.stop()
        console.log(`kept: ${run.weir.path}`)
      } else await run.clean()
    }
  })
}
