import { expect, test } from 'vitest'
import { answerCommand, type ConsoleWorld } from '../../../statsd/console/commands.ts'
import { ConsoleSeries, type SeriesSource } from '../../../statsd/console/series.ts'
import type { ShownSeries } from '../../../statsd/receive/protocol.ts'

function worldOf(given: Partial<Record<string, ShownSeries[]>> = {}): ConsoleWorld {
  const kinds = new Map(Object.entries(given))
  const source: SeriesSource = {
    show: async (kind) => kinds.get(kind) ?? [],
    delete: async (kind, names) => {
      const all = kinds.get(kind) ?? []
      kinds.set(
        kind,
        all.filter(({ name }) => !names.includes(name)),
      )
      return all.map(({ name }) => name).filter((name) => names.includes(name))
    },
  }
  return {
    series: new ConsoleSeries(source, async (shown) =>
      shown === 'counters' ? { 'statsd.packets_received': 2 } : {},
    ),
    facts: async () => ({
      startedSeconds: 100,
      nowSeconds: 110,
      lastMessageSeconds: 107,
      badLines: 4,
      backends: [
        ['graphite', 'last_flush', 105],
        ['graphite', 'flush_length', 10],
      ],
    }),
    config: { flush_interval: 10_000, console: { listen: 'x' } },
    health: 'up',
  }
}

test('help, quit and what is unknown', async () => {
  const world = worldOf()
  expect(await answerCommand('help', world)).toBe(
    'Commands: stats, counters, timers, gauges, delcounters, deltimers, delgauges, health, config, quit\n\n',
  )
  expect(await answerCommand('quit', world)).toBeUndefined()
  for (const unknown of ['', 'HELP', 'constructor', '__proto__', 'sets']) {
    expect(await answerCommand(unknown, world)).toBe('ERROR\n')
  }
})

test('series as Node shows an object', async () => {
  const world = worldOf({
    counter: [
      { name: 'a.b', value: 1.5 },
      { name: 'statsd.packets_received', value: 3 },
      { name: '__proto__', value: 1 },
    ],
    timer: [{ name: 't', value: [1, 2] }],
    histogram: [{ name: 'h', value: [3] }],
  })
  expect(await answerCommand('counters', world)).toBe(
    "{ 'statsd.packets_received': 5, 'a.b': 1.5, ['__proto__']: 1 }\nEND\n\n",
  )
  expect(await answerCommand('timers', world)).toBe('{ t: [ 1, 2 ], h: [ 3 ] }\nEND\n\n')
  expect(await answerCommand('gauges', world)).toBe('{}\nEND\n\n')
})

test('series are deleted by name and by folder', async () => {
  const gauge = ['a', 'b.c', 'b.d.e', 'bc'].map((name) => ({ name, value: 1 }))
  const world = worldOf({ gauge })
  expect(await answerCommand('delgauges a b.* x', world)).toBe(
    'deleted: a\ndeleted: b.c\ndeleted: b.d.e\nmetric x not found\nEND\n\n',
  )
  expect(await answerCommand('gauges', world)).toBe('{ bc: 1 }\nEND\n\n')
  expect(await answerCommand('delgauges', world)).toBe('END\n\n')
})

test('health is what it was told to be', async () => {
  const world = worldOf()
  const answers = []
  for (const line of ['health', 'health DOWN', 'health what', 'health up']) {
    answers.push(await answerCommand(line, world))
  }
  expect(answers).toEqual(['health: up\n', 'health: down\n', 'health: down\n', 'health: up\n'])
})

test('stats and config', async () => {
  expect(await answerCommand('stats', worldOf())).toBe(
    `uptime: 10
messages.last_msg_seen: 3
messages.bad_lines_seen: 4
graphite.last_flush: 5
graphite.flush_length: 10
END

`,
  )
  expect(await answerCommand('config', worldOf())).toBe(
    '\nflush_interval: 10000\nconsole > listen: x\n',
  )
})
