import type { FastifyRequest } from 'fastify'
import { expect, test } from 'vitest'
import { answerToFailure } from '../../../errors/ingest/routes.ts'

const answered = (raw: { complete: boolean; destroyed: boolean }) => {
  const logged: string[] = []
  const note = (level: string) => () => void logged.push(level)
  const log = { debug: note('debug'), error: note('error') }
  const request = { url: '/api/42/envelope/?sentry_key=x', raw } as unknown as FastifyRequest
  const { status } = answerToFailure(new Error('aborted'), request, { context: { log } } as never)
  return { status, logged }
}

test('a sender that goes away amid its report is no mistake of Weir', () => {
  expect(answered({ complete: false, destroyed: true })).toEqual({ status: 400, logged: ['debug'] })
  expect(answered({ complete: true, destroyed: false })).toEqual({ status: 503, logged: ['error'] })
})
