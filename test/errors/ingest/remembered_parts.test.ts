import { expect, test } from 'vitest'
import { Lately } from '../../../errors/ingest/lately.ts'
import { acceptorOn, envelopeOf, key, otherKey, projectOf } from './accepted.ts'

const eventWith = (frames: readonly object[], others: object = {}) =>
  envelopeOf({}, [
    { type: 'event' },
    JSON.stringify({
      platform: 'python',
      exception: { values: [{ type: 'E', value: 'v', stacktrace: { frames } }] },
      modules: { order: '1.0', cart: '2.1' },
      ...others,
    }),
  ])
const frame = (vars: object) => ({
  function: 'f',
  module: 'shop',
  lineno: 7,
  pre_context: ['a = 1'],
  context_line: 'raise',
  vars,
})

test('events whose parts came before are as the first of them, but for their ids', async () => {
  const weir = acceptorOn()
  for (const message of ['a', 'b', 'c', 'd']) {
    await weir.post(eventWith([frame({ n: 1 })], { message }))
  }
  const [first, ...others] = weir.ofKind('event').map(({ event, summary }) => {
    const { event_id: _, logentry, ...rest } = event
    return { rest, formatted: logentry?.formatted, summary }
  })
  expect(first?.rest.exception?.values[0]?.stacktrace?.frames[0]?.pre_context).toEqual(['a = 1'])
  expect(others.map(({ rest }) => rest)).toEqual([first?.rest, first?.rest, first?.rest])
  expect(others.map(({ formatted }) => formatted)).toEqual(['b', 'c', 'd'])
  expect(others.map(({ summary }) => summary?.grouping)).toEqual(
    others.map(() => first?.summary?.grouping),
  )
})

test('what is secret in a stack trace is taken out and marked each time it comes', async () => {
  const weir = acceptorOn()
  for (let time = 0; time < 4; time++) await weir.post(eventWith([frame({ password: 'hunter2' })]))
  const events = weir.ofKind('event').map(({ event }) => event)
  expect(JSON.stringify(events)).not.toContain('hunter2')
  expect(events.map(({ _meta }) => _meta)).toEqual(events.map(() => events[0]!._meta))
  expect(events[3]!._meta).toBeDefined()
})

test('a stack trace that a project lets through is scrubbed for another', async () => {
  const open = projectOf({ id: 1, slug: 'open', settings: { scrub: { enabled: false } } })
  const other = { public: otherKey, secret: '', label: '', disabled: false }
  const strict = projectOf({ id: 2, slug: 'strict', keys: [other] })
  const weir = acceptorOn({ projects: [open, strict] })
  const body = eventWith([frame({ password: 'hunter2' })])
  for (let time = 0; time < 3; time++) {
    await weir.post(body, { project: 1, query: `sentry_key=${key}` })
    await weir.post(body, { project: 2, query: `sentry_key=${otherKey}` })
  }
  const found = weir
    .ofKind('event')
    .map((report) => [report.project, JSON.stringify(report.event).includes('hunter2')])
  expect(found).toEqual([1, 2, 1, 2, 1, 2].map((project) => [project, project === 1]))
})

test('beyond the bound those are forgotten that were asked for longest ago', () => {
  const lately = new Lately<number>(10)
  lately.add('a', 1, 4)
  lately.add('b', 2, 4)
  expect(lately.get('a')).toBe(1)
  lately.add('c', 3, 4)
  expect(['a', 'b', 'c'].map((name) => lately.get(name))).toEqual([1, undefined, 3])
  lately.add('d', 4, 11)
  expect(['a', 'c', 'd'].map((name) => lately.get(name))).toEqual([undefined, undefined, undefined])
})
