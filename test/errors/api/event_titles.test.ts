import { expect, test } from 'vitest'
import type { SentryEvent } from '../../../errors/event/sentry_event.ts'
import { group } from '../../../errors/grouping/group.ts'
import { groupingRules } from '../../../errors/grouping/rules.ts'
import type { JsonRecord } from '../../../store/search.ts'
import { eventIdOf, plant } from '../search/planted.ts'
import { asking } from './asking.ts'
import { eventOf, issueOf } from './made.ts'

const frame = { filename: 'pay.py', function: 'pay', in_app: true }
const stacktrace = { frames: [frame] }
const failure = { type: 'PayError', value: 'declined', stacktrace }

const events: readonly (readonly [string, SentryEvent, title: string, culprit: string])[] = [
  [
    'an exception',
    eventOf({ exception: { values: [failure] } }),
    'PayError: declined',
    'pay.py in pay',
  ],
  [
    'a report of a browser',
    eventOf({
      type: 'csp',
      exception: { values: [] },
      csp: { effective_directive: 'style-src', blocked_uri: 'inline' },
    }),
    "Blocked 'style' from 'inline:'",
    'style-src',
  ],
  [
    'a template',
    eventOf({ exception: { values: [] }, template: { filename: 'cart.html', lineno: 3 } }),
    'Template: cart.html',
    '',
  ],
  [
    "React's wrapper",
    eventOf({
      platform: 'javascript',
      exception: {
        values: [
          failure,
          { type: 'Error', value: 'There was an error during concurrent rendering but…' },
        ],
      },
    }),
    'PayError: declined',
    'pay.py in pay',
  ],
  [
    'a group of one failure',
    eventOf({
      exception: {
        values: [
          { ...failure, mechanism: { type: 'chained', exception_id: 1, parent_id: 0 } },
          {
            type: 'ExceptionGroup',
            value: 'several',
            mechanism: { type: 'generic', exception_id: 0, is_exception_group: true },
          },
        ],
      },
    }),
    'PayError: declined',
    'pay.py in pay',
  ],
  [
    'a native crash that has only threads',
    eventOf({
      platform: 'native',
      exception: { values: [] },
      threads: { values: [{ id: 1, crashed: true, stacktrace }] },
    }),
    'pay',
    'pay.py in pay',
  ],
]

test.each(events)('%s is called as its issue is', async (_, event, title, culprit) => {
  const named = group(event, groupingRules())
  expect(named).toMatchObject({ title, culprit })
  const ask = asking(plant([issueOf(1, { title, culprit, kept: [event] })]))
  const { body: whole } = await ask('GET', `/projects/weir/shop/events/${eventIdOf(1, 0)}/`)
  expect(whole).toMatchObject({ title, culprit })
  const { body: listed } = await ask('GET', '/issues/1/events/')
  expect(listed).toMatchObject([{ title, culprit }])
  const query = encodeURIComponent(`title:"${title}" ${culprit && `culprit:"${culprit}"`}`)
  const { body: found } = await ask('GET', `/issues/1/events/?query=${query}`)
  expect(found).toHaveLength(1)
  const fields = 'field=id&field=title&field=culprit&statsPeriod=1d'
  const { body: rows } = await ask('GET', `/organizations/weir/events/?${fields}`)
  expect((rows as JsonRecord)['data']).toMatchObject([{ title, culprit }])
})

test('an event says of its failure what its issue says', async () => {
  const ask = asking(plant([issueOf(1, { kept: [eventOf({ exception: { values: [failure] } })] })]))
  expect((await ask('GET', '/issues/1/events/latest/')).body).toMatchObject({
    message: 'declined',
    location: 'pay.py',
    metadata: { type: 'PayError', value: 'declined', filename: 'pay.py', function: 'pay' },
  })
})
