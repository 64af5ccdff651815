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
