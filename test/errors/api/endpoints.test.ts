import { expect, test } from 'vitest'
import { endpoints, refused } from '../../../errors/api/endpoints.ts'
import { mainAnswers } from '../../../errors/api/main_answers.ts'
import { webCalls } from '../../../errors/api/web_calls.ts'

test('somebody answers each endpoint, and each answer has one', () => {
  const answers = new Set([...Object.keys(webCalls), ...Object.keys(mainAnswers)])
  const asked = new Set(endpoints.map(({ name }) => name))
  expect([...asked].filter((name) => !answers.has(name))).toEqual([])
  // Main asks these itself.
  const inner = new Set(['web.eventAttachment', 'web.eventWhole', 'web.projectEnvironments'])
  expect([...answers].filter((name) => !asked.has(name) && !inner.has(name))).toEqual([])
})

test('no two endpoints are the same', () => {
  const all = endpoints.map(({ method, path }) => `${method} ${path.replaceAll(/:\w+/g, ':')}`)
  expect(all.filter((each, at) => all.indexOf(each) !== at)).toEqual([])
})

test('what is answered is not refused', () => {
  const paths = endpoints.map(({ path }) => `/api/0${path}`)
  expect(paths.filter((path) => refused.some(([pattern]) => pattern.test(path)))).toEqual([])
})
