import { expect, test } from 'vitest'
import { EtsyLines } from '../../../statsd/line/etsy.ts'
import { Traffic } from '../../../statsd/line/traffic.ts'
import { Watched } from '../../../statsd/receive/watched.ts'
import { Tables } from '../../../statsd/tables/tables.ts'
import { takeAll, tableLimits } from '../tables/aggregated.ts'

const watchedOf = () => {
  const tables = new Tables(tableLimits(), 1)
  const traffic = new Traffic()
  const watched = new Watched(traffic)
  const reader = watched.reading(new EtsyLines(tables, traffic), 'etsy')
  const send = (text: string) => {
    const packet = Buffer.from(text)
    reader.packet(packet, 0, packet.length)
  }
  return { tables, traffic, watched, send }
}

test('lines are seen with what became of them, and counted as ever', () => {
  const { tables, traffic, watched, send } = watchedOf()
  watched.set(true, false)
  send('a:1|c\n\nbad\na:2|c\n')
  const [[notice] = []] = watched.take()
  expect(notice).toEqual({
    notice: 'lines',
    unseen: 0,
    lines: [
      { text: 'a:1|c', dialect: 'etsy' },
      { text: 'bad', dialect: 'etsy', refused: 'statsd_no_type' },
      { text: 'a:2|c', dialect: 'etsy' },
    ],
  })
  expect(traffic.take()).toMatchObject({ packets: 1, lines: 3, bad: 1 })
  expect(takeAll(tables).counters.get('a')).toBe(3)
  expect(watched.take()).toEqual([])
})

test('more lines than anybody reads are counted', () => {
  const { watched, send } = watchedOf()
  watched.set(true, false)
  send('a:1|c\n'.repeat(1000))
  const [[notice] = []] = watched.take()
  if (notice?.notice !== 'lines') throw new Error('no lines')
  expect(notice.lines.length + notice.unseen).toBe(1000)
  expect(notice.unseen).toBe(800)
})

test('packets are kept as they came, up to a bound', () => {
  const { watched, send } = watchedOf()
  watched.set(false, true)
  send('a:1|c\nb')
  send('')
  send('c:1|c')
  const [[notice] = []] = watched.take()
  if (notice?.notice !== 'packets') throw new Error('no packets')
  expect([...notice.ends]).toEqual([7, 7, 12])
  expect(Buffer.from(notice.bytes).toString()).toBe('a:1|c\nbc:1|c')
  for (let i = 0; i < 40; i++) send('x'.repeat(60_000))
  expect(watched.takeLostPackets()).toBe(23)
  expect(watched.takeLostPackets()).toBe(0)
})
