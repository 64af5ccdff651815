import { expect, test } from 'vitest'
import { errorsConfig } from '../../../errors/config.ts'

const slack = { type: 'slack', url: 'https://hooks.example.com/x' }
const mistakes = (config: object) =>
  errorsConfig
    .safeParse(config)
    .error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)

test('rules have names, and durations in milliseconds', () => {
  const { alerts } = errorsConfig.parse({
    channels: [slack],
    alerts: [
      { when: 'new_issue', to: ['slack'] },
      { name: 'flood', when: ['event_count'], events: 9, within: '5m', to: ['slack'] },
    ],
  })
  expect(alerts).toMatchObject([
    { name: 'rule-1', when: ['new_issue'], cooldown: 1_800_000, digest: 0 },
    { name: 'flood', within: 300_000 },
  ])
})

test('what does not fit together is said, all at once', () => {
  expect(
    mistakes({
      channels: [slack, slack, { ...slack, id: 'dev' }],
      alerts: [
        { name: 'a', when: 'new_issue', to: ['slack', 'ops'] },
        { name: 'a', when: ['user_count', 'crash_free_rate'], to: ['dev'] },
      ],
    }),
  ).toEqual([
    'channels.1: a second channel "slack": give each an id of its own',
    'alerts.0.to.1: no channel "ops": there are slack, slack, dev',
    'alerts.1.name: a second rule "a": give each another name',
    'alerts.1: user_count needs `users`',
    'alerts.1: crash_free_rate needs `below`',
  ])
  expect(mistakes({ alerts: [{ when: 'new_issue', to: ['ops'] }] })).toEqual([
    'alerts.0.to.0: no channel "ops": errors.channels has none',
  ])
  const quiet_hours = { from: '25:00', to: '7', timezone: 'Mars/Olympus' }
  expect(
    mistakes({ channels: [slack], alerts: [{ when: 'new_issue', to: ['slack'], quiet_hours }] }),
  ).toHaveLength(3)
})
