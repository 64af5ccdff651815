import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Program, waitFor } from '../../peers/process.ts'
import { requirePeer } from '../../peers/require.ts'
import { RunningWeir } from '../running_weir.ts'
import { askApi, crumbsOf, framesOf, issuesOf, latestEvent, type ShownEvent } from './errors_api.ts'
import { buildPage, openPage, type Page } from './page.ts'

/**
 * A page that Vite built and minified, in a real Chromium, from another origin than Weir's. Its source maps were
 * uploaded by Sentry's plugin, and are nowhere else: names and lines of the sources come from them.
 */

const sdk = requirePeer('sentry-browser')
const chromium = requirePeer('chromium')
const missing = !sdk || !chromium
const folder = mkdtempSync(join(tmpdir(), 'weir-browser-'))
const key = '0123456789abcdef0123456789abcdef'
let weir: RunningWeir
let page: Page | undefined
let browser: Program | undefined

beforeAll(async () => {
  weir = await RunningWeir.start(folder, {
    http: { listen: '127.0.0.1:0' },
    errors: { projects: { page: { id: 42, keys: [key] } } },
  })
  if (missing) return
  const dsn = `http://${key}@${new URL(weir.url).host}/42`
  // The peer's path is node_modules/@sentry/browser.
  page = await buildPage(join(folder, 'page'), dirname(dirname(sdk.path)), dsn, weir.url)
})
afterAll(async () => {
  await browser?.end('SIGKILL')
  page?.close()
  if (weir.isAlive) await weir.kill()
  rmSync(folder, { recursive: true, force: true })
})

/** Opens a page of the built ones; resolves to its two issues once all three errors are there. */
async function reported(path: string, already: number) {
  browser = openPage(chromium!.path, page!.url + path, join(folder, `chromium-${already}`))
  await waitFor('three events of the page', async () => {
    const issues = await issuesOf(weir.url, 'page')
    return issues.reduce((sum, { count }) => sum + Number(count), 0) === already + 3
  })
  await browser.end('SIGKILL')
  return (await issuesOf(weir.url, 'page')).toSorted((a, b) => Number(b.count) - Number(a.count))
}

function expectMapped(event: ShownEvent): void {
  const frame = framesOf(event).at(-1)!
  expect(frame).toMatchObject({ function: 'priceOfArticle', lineNo: 4 })
  expect(frame.filename).toMatch(/src\/cart\.js$/)
  const line = frame.context?.find(([number]) => number === 4)?.[1]
  expect(line).toContain('if (!priced) throw new RangeError(`no price for article ${article}`)')
  const names = framesOf(event).map(({ function: name }) => name)
  expect(names).toContain('placeOrder')
}

test.skipIf(missing)(
  '@sentry/browser: a minified stack has the names and lines of its sources',
  async () => {
    const issues = await reported('', 0)
    expect(issues.map(({ count }) => count)).toEqual(['2', '1'])
    const event = await latestEvent(weir.url, issues[0]!.id)
    expectMapped(event)
    expect(event.user).toMatchObject({ id: '7', username: 'ada' })
    const tags = Object.fromEntries(event.tags.map(({ key: name, value }) => [name, value]))
    expect(tags).toMatchObject({ shop: 'berlin', environment: 'e2e', release: 'shop@1.2.3' })
    expect(tags['browser']).toMatch(/Chrome/)
    expect(crumbsOf(event)).toContain('cart opened')
    const other = await latestEvent(weir.url, issues[1]!.id)
    expect(framesOf(other).at(-1)).toMatchObject({ function: 'refundOrder' })
  },
)

test.skipIf(missing)(
  'raven-js: it knows no debug ids, so its stacks stay as they came, and say why',
  async () => {
    const issues = await reported('raven.html', 3)
    const own: ShownEvent[] = []
    for (const { id } of issues) {
      const event = await latestEvent(weir.url, id)
      if (event.sdk?.name === 'raven-js') own.push(event)
    }
    expect(own).toHaveLength(2)
    for (const event of own) {
      expect(event.user).toMatchObject({ id: '7' })
      expect(crumbsOf(event)).toContain('cart opened')
      const path = `/projects/weir/page/events/${event.eventID}/json/`
      const stored = await askApi<StoredEvent>(weir.url, path)
      const frame = stored.exception.values[0]!.stacktrace.frames.at(-1)!
      expect(frame.filename).toMatch(/assets\/cart-/)
      expect(frame.data?.unmapped).toEqual(expect.any(String))
    }
  },
)

/** As much of a stored event as is looked at. */
interface StoredEvent {
  readonly exception: {
    readonly values: readonly {
      readonly stacktrace: {
        readonly frames: readonly { filename: string; data?: { unmapped?: string } }[]
      }
    }[]
  }
}
