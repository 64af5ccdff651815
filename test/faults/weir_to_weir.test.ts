import { appendFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { seeded } from '../peers/bulk_sink.ts'
import { freePort, type Program, waitFor } from '../peers/process.ts'
import { WeirFolder } from '../peers/weir_folder.ts'
import { NumberedLines } from './numbered_lines.ts'

/**
 * Three collectors ship to the store of a fourth Weir by its Elasticsearch API, and all of them are killed
 * on the way: every line is in the store, once. WEIR_FAULT_SEED makes another day of it.
 */
const seed = Number(process.env['FAULT_SEED'] ?? 1)
const names = ['a', 'b', 'c'] as const
const bursts = 12
const linesABurst = 400
const pageSize = 10_000

interface Hit {
  readonly _id: string
  readonly _source: { readonly source_name: string; readonly n: number }
  readonly sort: unknown[]
}

test('three collectors and a store, killed on both sides: nothing lost, nothing doubled', async () => {
  const random = seeded(seed)
  const port = await freePort()
  const store = new WeirFolder('aggregator')
  store.configure('collector: { inputs: [] }\n', `127.0.0.1:${port}`)
  const collectors = names.map((name) => collector(name, port))
  const programs = new Map<WeirFolder, Program>()
  const folders = [store, ...collectors]
  const written = new Map<string, number>(names.map((name) => [name, 0]))
  try {
    for (const folder of folders) programs.set(folder, folder.start())
    for (let burst = 0; burst < bursts; burst++) {
      for (const [place, name] of names.entries()) write(collectors[place]!, name, written)
      const victim = folders[Math.floor(random() * folders.length)]!
      await sleep(random() * 700)
      await programs.get(victim)!.end('SIGKILL')
      if (random() < 0.5) await sleep(random() * 500)
      programs.set(victim, victim.start())
    }
    const total = names.length * bursts * linesABurst
    await waitFor('all lines in the store', async () => (await count(port)) >= total, 120_000)
    const arrived = new NumberedLines()
    for await (const { _id: id, _source: event } of everything(port)) {
      arrived.add(event.source_name, event.n, id)
    }
    expect(arrived.problems(written)).toEqual({ lost: [], doubled: [] })
    expect(await count(port)).toBe(total)
  } finally {
    for (const program of programs.values()) await program.end('SIGKILL')
    for (const folder of folders) folder.remove()
  }
}, 240_000)

function collector(name: string, port: number): WeirFolder {
  const folder = new WeirFolder(`collector-${name}`)
  mkdirSync(join(folder.path, 'logs'))
  folder.configure(`store: { enabled: false }
collector:
  inputs: [{ type: tail, paths: ["${folder.path}/logs/*.log"], parser: json, tag: numbered }]
  outputs: [{ type: elasticsearch, hosts: ["http://127.0.0.1:${port}/es"], batch_age: 50ms, retry_max_wait: 500ms }]
`)
  return folder
}

function write(folder: WeirFolder, name: string, written: Map<string, number>): void {
  const from = written.get(name)!
  const lines = Array.from({ length: linesABurst }, (_, place) => {
    return JSON.stringify({ source_name: name, n: from + place, message: 'a numbered line' })
  })
  appendFileSync(join(folder.path, 'logs', 'app.log'), `${lines.join('\n')}\n`)
  written.set(name, from + linesABurst)
}

async function ask(port: number, path: string, body: object): Promise<unknown> {
  const response = await fetch(`http://127.0.0.1:${port}/es/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`)
  return await response.json()
}

/** 0 while the store is down, or has no such stream yet. */
async function count(port: number): Promise<number> {
  try {
    const answer = (await ask(port, 'logs-numbered-*/_count', {})) as { count: number }
    return answer.count
  } catch {
    return 0
  }
}

async function* everything(port: number): AsyncGenerator<Hit> {
  let after: unknown[] | undefined
  do {
    const request = {
      size: pageSize,
      sort: [{ source_name: 'asc' }, { n: 'asc' }, { _doc: 'asc' }],
    }
    const body = after ? { ...request, search_after: after } : request
    const answer = (await ask(port, 'logs-numbered-*/_search', body)) as { hits: { hits: Hit[] } }
    const { hits } = answer.hits
    yield* hits
    after = hits.length < pageSize ? undefined : hits.at(-1)!.sort
  } while (after)
}
