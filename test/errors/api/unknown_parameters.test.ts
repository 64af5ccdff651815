import { expect, test } from 'vitest'
import { plant } from '../search/planted.ts'
import { asking } from './asking.ts'
import { issueOf } from './made.ts'

test.each([
  ['/organizations/weir/issues/?status=wat', 'status: "wat" is none: expected unresolved'],
  ['/projects/weir/shop/issues/?status=resolved&status=wat', 'status: "wat" is none'],
  [
    '/projects/weir/shop/stats/?resolution=5m',
    'resolution: "5m" is not supported: expected 1h or 1d',
  ],
])('%s is refused', async (url, detail) => {
  const ask = asking(plant([issueOf(1)]))
  const refused = await ask('GET', url)
  expect(refused).toMatchObject({ status: 400, body: { detail: expect.stringContaining(detail) } })
})
