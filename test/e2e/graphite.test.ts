import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CarbonRelay } from '../peers/carbon_relay.ts'
import { freePort, waitFor } from '../peers/process.ts'
import { requirePeer } from '../peers/require.ts'
import { RunningWeir } from './running_weir.ts'

interface Rendered {
  readonly target: string
  readonly datapoints: readonly (readonly [number | null, number])[]
}

const found = requirePeer('carbon')

describe('Graphite, in and out of a running Weir', () => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-graphite-'))
  // Whole steps of the finest retention, so that each point is a step of its own.
  const nowS = Math.floor(Date.now() / 10_000) * 10
  let weir: RunningWeir
  let plain: number
  let pickle: number
  let own: number
  beforeAll(async () => {
    ;[plain, pickle, own] = [await freePort(), await freePort(), await freePort()]
    weir = await RunningWeir.start(folder, {
      http: { listen: '127.0.0.1:0' },
      statsd: {
        listen: [],
        console: { listen: [] },
        host: { enabled: false },
        graphite: {
          listen: [`tcp://127.0.0.1:${plain}`, `udp://127.0.0.1:${plain}`],
          pickle_listen: [`tcp://127.0.0.1:${pickle}`],
          http_listen: `127.0.0.1:${own}`,
        },
      },
    })
  })
  afterAll(async () => {
    await weir?.kill()
    rmSync(folder, { recursive: true, force: true })
  })

  const ask = async <T>(path: string, init?: RequestInit): Promise<T> => {
    const response = await fetch(`${weir.url}/graphite${path}`, init)
    expect([response.status, path]).toEqual([200, path])
    return (await response.json()) as T
  }
  const render = async (target: string, from = '-1h') => {
    const body = new URLSearchParams({ target, from, format: 'json' })
    const series = await ask<Rendered[]>('/render', { method: 'POST', body })
    return series.map((each) => ({
      target: each.target,
      values: each.datapoints.filter(([value]) => value !== null),
    }))
  }
  const send = async (port: number, text: string) => {
    const socket = connect(port, '127.0.0.1')
    socket.end(text)
    await once(socket, 'close')
  }
  const line = (path: string, value: number, ago: number) => `${path} ${value} ${nowS - ago}\n`

  it('answers what came by TCP and UDP', async () => {
    await send(plain, line('servers.a.load', 1, 30) + line('servers.a.load', 2, 20) + 'no line\n')
    const socket = createSocket('udp4')
    socket.send(line('servers.b.load', 5, 20), plain, '127.0.0.1')
    await waitFor('the points', async () => (await render('servers.*.load')).length === 2)
    socket.close()
    expect(await render('servers.a.load')).toEqual([
      {
        target: 'servers.a.load',
        values: [
          [1, nowS - 30],
          [2, nowS - 20],
        ],
      },
    ])
    expect(await render('alias(sumSeries(servers.*.load), "all")')).toEqual([
      {
        target: 'all',
        values: [
          [1, nowS - 30],
          [7, nowS - 20],
        ],
      },
    ])
    expect(await weir.counted('statsd.graphite', 'bad_sample')).toBe(1)
  })

  it.skipIf(!found)('answers what a real carbon-relay sends', async () => {
    const relay = await CarbonRelay.start(found!, pickle)
    try {
      const values = Array.from({ length: 50 }, (_, at) => line('relay.value', at, 500 - at * 10))
      await send(relay.port, values.join('') + line('relay.tagged;dc=x;host=a', 3, 50))
      await waitFor('all points', async () => {
        const [series] = await render('relay.value')
        return series?.values.length === 50
      })
      const [series] = await render('relay.value')
      expect(series?.values.map(([value]) => value)).toEqual(values.map((_, at) => at))
      expect(await render("seriesByTag('host=a', 'dc=~x')")).toEqual([
        { target: 'relay.tagged;dc=x;host=a', values: [[3, nowS - 50]] },
      ])
    } finally {
      await relay.stop()
    }
  })

  it('shows names and tags to who browses, also on a port of its own', async () => {
    const nodes = await ask<{ text: string }[]>('/metrics/find?query=servers.*')
    expect(nodes.map(({ text }) => text)).toEqual(['a', 'b'])
    const response = await fetch(`http://127.0.0.1:${own}/metrics/find?query=servers.a.*`)
    expect(await response.json()).toMatchObject([{ text: 'load', leaf: 1 }])
  })

  it('keeps events', async () => {
    const event = { what: 'deploy', tags: ['web', 'deploy'], when: nowS, data: 'v7' }
    const headers = { 'content-type': 'application/json' }
    const body = JSON.stringify(event)
    await fetch(`${weir.url}/graphite/events/`, { method: 'POST', headers, body })
    expect(await ask('/events/get_data?tags=deploy&from=-1h')).toMatchObject([event])
    expect(await render('events("deploy")', '-10min')).toMatchObject([
      { target: 'events("deploy")' },
    ])
  })
})
