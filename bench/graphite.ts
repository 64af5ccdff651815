import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { formatTable } from '../commands/table.ts'
import { answerOf } from '../statsd/graphite/render/formats/answer.ts'
import { render } from '../statsd/graphite/render/render.ts'
import { renderRequest } from '../statsd/graphite/render/request.ts'
import type { FetchedSeries } from '../statsd/graphite/render/sources.ts'
import { utc } from '../statsd/graphite/render/time_zone.ts'
import { locate } from '../test/peers/catalogue.ts'
import { GraphiteWeb } from '../test/peers/graphite_web.ts'
import { freePort } from '../test/peers/process.ts'
import { option } from './options.ts'
import { launch } from './process.ts'

/** Graphite's usual archive of a day; `--step 10` is StatsD's flushes, six times as much and minutes. */
const stepS = Number(option('step') ?? 60)
const rounds = 5
/** No further round of a question begins after this. */
const patienceMs = 8_000
const program = fileURLToPath(new URL('../bin/weir', import.meta.url))
const pattern = 'bench.*.value'
const targets = [
  `sumSeries(${pattern})`,
  `summarize(${pattern},"1h","sum")`,
  `aliasByNode(movingAverage(${pattern},"10min"),1)`,
]

/**
 * `/render` over many series of a day: Weir whole (HTTP, from its store), its functions alone, and graphite-web's
 * functions alone on the same values, which it is given in memory and need not read from Whisper.
 */
export async function run(): Promise<void> {
  const count = Number(option('series') ?? 1_000)
  const hours = Number(option('hours') ?? 24)
  const untilS = Math.floor(performance.timeOrigin / 1000 / stepS) * stepS
  const fromS = untilS - hours * 3600
  const data = seriesOf(count, fromS, hours)
  const whole = await wholeWeir(data, fromS, untilS)
  const peer = await graphiteWeb(data, fromS, untilS)
  const rows = []
  for (const target of targets) {
    const alone = await median(() => functionsAlone(target, data, fromS, untilS))
    rows.push([
      target,
      ms(whole.first.get(target)!),
      ms(whole.warm.get(target)!),
      ms(alone),
      peer ? ms(peer.get(target)!) : 'not on this machine',
    ])
  }
  const points = count * hours * (3600 / stepS)
  console.log(`${count} series, ${hours} h at ${stepS} s: ${points} points; maxDataPoints=1000\n`)
  console.log(
    formatTable(
      [
        'target',
        'weir, first ms',
        'weir, warm ms',
        'functions alone ms',
        'graphite-web 1.1.10, functions alone ms',
      ],
      rows,
    ),
  )
  console.log(
    `\ncarbon plaintext over one connection: ${Math.round(points / whole.intakeS)} points/s`,
  )
  console.log(`peak RSS of the main process: ${Math.round(whole.peakRssMB)} MB`)
}

function seriesOf(count: number, fromS: number, hours: number): FetchedSeries[] {
  const length = (hours * 3600) / stepS
  return Array.from({ length: count }, (_, place) => ({
    name: `bench.host${place}.value`,
    start: fromS + stepS,
    end: fromS + stepS + length * stepS,
    step: stepS,
    values: Float64Array.from({ length }, (_each, at) => ((at * 7 + place * 13) % 1000) / 10),
  }))
}

const parametersOf = (target: string, fromS: number, untilS: number): [string, string][] => [
  ['target', target],
  ['from', String(fromS)],
  ['until', String(untilS)],
  ['format', 'json'],
  ['maxDataPoints', '1000'],
]

async function wholeWeir(data: readonly FetchedSeries[], fromS: number, untilS: number) {
  const folder = mkdtempSync(join(tmpdir(), 'weir-bench-graphite-'))
  const [http, carbon] = [await freePort(), await freePort()]
  const config = {
    http: { listen: `127.0.0.1:${http}` },
    collector: { enabled: false },
    statsd: {
      listen: [],
      console: { listen: [] },
      host: { enabled: false },
      graphite: { listen: `tcp://127.0.0.1:${carbon}` },
    },
    store: { metrics: { retention: [{ match: '', steps: `${stepS}s:2d` }] } },
  }
  writeFileSync(join(folder, 'weir.yaml'), JSON.stringify(config))
  const args = ['start', '-c', join(folder, 'weir.yaml'), '-d', join(folder, 'data')]
  const weir = launch(program, args, { env: { WEIR_LOG__LEVEL: 'warn' } })
  const ask = async (target: string) => {
    const body = new URLSearchParams(parametersOf(target, fromS, untilS))
    const began = performance.now()
    const response = await fetch(`http://127.0.0.1:${http}/graphite/render`, {
      method: 'POST',
      body,
    })
    const text = await response.text()
    if (!response.ok) throw new Error(text)
    return {
      tookMs: performance.now() - began,
      found: JSON.parse(text) as { datapoints: unknown[] }[],
    }
  }
  try {
    await until(async () => (await fetch(`http://127.0.0.1:${http}/readyz`)).ok)
    const intakeS = await send(carbon, data)
    const last = `bench.host${data.length - 1}.value`
    await until(async () => {
      const { found } = await ask(`removeEmptySeries(${last})`)
      return found.length > 0
    })
    const first = new Map<string, number>()
    const warm = new Map<string, number>()
    for (const target of targets) {
      first.set(target, (await ask(target)).tookMs)
      warm.set(target, await median(async () => (await ask(target)).tookMs, true))
    }
    return { first, warm, intakeS, peakRssMB: weir.usage().peakRssMB }
  } finally {
    await weir.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Time by time, as it would come. @returns seconds until the last was sent. */
async function send(port: number, data: readonly FetchedSeries[]): Promise<number> {
  const began = performance.now()
  const socket = connect(port, '127.0.0.1')
  const { length } = data[0]!.values
  for (let at = 0; at < length; at++) {
    const time = data[0]!.start + at * stepS
    const lines = data.map(({ name, values }) => `${name} ${values[at]} ${time}\n`)
    if (!socket.write(lines.join(''))) await once(socket, 'drain')
  }
  socket.end()
  await once(socket, 'close')
  return (performance.now() - began) / 1000
}

async function functionsAlone(
  target: string,
  data: readonly FetchedSeries[],
  fromS: number,
  untilS: number,
): Promise<void> {
  const given = parametersOf(target, fromS, untilS)
  const request = renderRequest(given, { nowS: untilS, zone: utc })
  const fetch = async (requests: readonly object[]) => requests.map(() => data)
  answerOf(await render(request, { fetch, random: Math.random }), request)
}

async function graphiteWeb(data: readonly FetchedSeries[], fromS: number, untilS: number) {
  const found = locate('graphite-web')
  if (found.missing !== undefined) return undefined
  const peer = new GraphiteWeb(found.path)
  try {
    await peer.store(
      data.map(({ name, start, step, values }) => ({ name, start, step, values: [...values] })),
    )
    const times = new Map<string, number>()
    for (const target of targets) {
      const question = { targets: [target], from: fromS, until: untilS, now: untilS }
      const options = { maxDataPoints: 1000 }
      const ask = async () => {
        const { error } = await peer.ask({ ...question, format: 'json', options })
        if (error !== undefined) throw new Error(error)
      }
      times.set(target, await median(ask))
    }
    return times
  } finally {
    await peer.stop()
  }
}

/** Milliseconds, the median of some rounds, fewer when they are long; `told`: the action says them itself. */
async function median(action: () => Promise<unknown>, told = false): Promise<number> {
  const times: number[] = []
  const end = performance.now() + patienceMs
  while (times.length === 0 || (times.length < rounds && performance.now() < end)) {
    const began = performance.now()
    const result = await action()
    times.push(told ? Number(result) : performance.now() - began)
  }
  return times.toSorted((a, b) => a - b)[times.length >> 1]!
}

const ms = (value: number) => value.toFixed(0)

async function until(condition: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 300_000
  for (;;) {
    if (await condition().catch(() => false)) return
    if (performance.now() > end) throw new Error('waited too long')
    await sleep(200)
  }
}
