import { fastify } from 'fastify'
import { expect, test } from 'vitest'
import type { Projects } from '../../../errors/projects/project.ts'
import { addRegroupRoutes } from '../../../errors/regroup/routes.ts'

/** The routes, with bodies as the port hands them over. */
function routes() {
  const calls: [string, unknown][] = []
  const app = fastify()
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  addRegroupRoutes(app, {
    digest: {
      call: async (name, params) => {
        calls.push([name, params])
        return { events: 0 }
      },
    },
    projects: {
      find: async (name: string) => (name === 'shop' ? { id: 42, slug: 'shop' } : undefined),
    } as unknown as Projects,
  })
  const post = async (path: string, payload?: string) => {
    const url = `/api/0/projects/weir/${path}`
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const { statusCode } = await app.inject(
      payload === undefined ? { method: 'POST', url } : { method: 'POST', url, payload, headers },
    )
    return statusCode
  }
  return { calls, post }
}

test('what is no JSON object is refused, and nothing is done', async () => {
  const { calls, post } = routes()
  for (const body of ['garbage', '[]', '7', 'null', '{"issue":-1}', '{"isue":144}']) {
    expect(await post('shop/reprocessing', body), body).toBe(400)
  }
  expect(await post('shop/grouping/preview', 'garbage')).toBe(400)
  expect(await post('other/reprocessing', '{}')).toBe(404)
  expect(calls).toEqual([])
})

test('one issue, or without any the whole project', async () => {
  const { calls, post } = routes()
  for (const body of [undefined, '', '{}', '{"issue":7}', '{"issue":"SHOP-41"}']) {
    expect(await post('shop/reprocessing', body)).toBe(200)
  }
  expect(calls.map(([, params]) => params)).toEqual([
    { project: 42 },
    { project: 42 },
    { project: 42 },
    { project: 42, issue: 7 },
    { project: 42, issueNumber: 129 },
  ])
})
