import { expect, test } from 'vitest'
import { checkErrors, errorAddresses } from '../../commands/check_errors.ts'
import { rootSchema } from '../../config.ts'

const parsed = (errors: object, others: object = {}) => rootSchema.parse({ errors, ...others })

test("Spotlight's addresses are tried with the others", () => {
  const spotlight = { listen: ['127.0.0.1:8969', 'fd:3'] }
  expect(errorAddresses(parsed({ spotlight }))).toMatchObject([
    { key: 'errors.spotlight.listen', address: { protocol: 'tcp', port: 8969 } },
  ])
  expect(errorAddresses(parsed({ spotlight, enabled: false }))).toEqual([])
})

test('a project without keys needs a store to keep one in', () => {
  const projects = { shop: { id: 1 }, web: { id: 2, keys: ['a'.repeat(32)] } }
  expect(checkErrors(parsed({ projects }))).toEqual([])
  const findings = checkErrors(parsed({ projects }, { store: { enabled: false } }))
  expect(findings).toMatchObject([
    { level: 'problem', message: expect.stringMatching(/^shop has/) as string },
  ])
})

test('a channel that refuses each message is a problem, told without its secrets', () => {
  const channels = [
    { type: 'webhook', id: 'here', url: 'http://127.0.0.1:9/secret' },
    { type: 'slack', id: 'named', url: 'http://localhost/secret' },
    { type: 'teams', id: 'six', url: 'http://[::1]/secret' },
    { type: 'discord', id: 'none', url: 'secret' },
    { type: 'webhook', id: 'allowed', url: 'http://10.0.0.1/', allow_private: true },
    { type: 'webhook', id: 'public', url: 'https://hooks.example.com/secret' },
    { type: 'pagerduty', routing_key: 'secret' },
    { type: 'email', to: ['a@example.com'], from: 'b@example.com', host: '127.0.0.1' },
  ]
  const findings = checkErrors(parsed({ channels }))
  expect(findings.map(({ level, subject }) => [level, subject])).toEqual(
    ['here', 'named', 'six', 'none'].map((id) => ['problem', `channel ${id}`]),
  )
  expect(findings[0]!.message).toMatch(/^127\.0\.0\.1 is no public address.*allow_private/)
  expect(JSON.stringify(findings)).not.toContain('secret')
})
