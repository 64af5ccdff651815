import { expect, test } from 'vitest'
import { readCheckIn } from '../../../errors/monitors/check_in.ts'

const slugOf = (name: string) => readCheckIn({ monitor_slug: name, status: 'ok' })?.slug

test.each([
  ['nightly-backup_2', 'nightly-backup_2'],
  [' Nightly Backup ', 'nightly-backup'],
  ['x'.repeat(50), 'x'.repeat(50)],
])('%j is the slug %s, as Sentry has it', (name, slug) => {
  expect(slugOf(name)).toBe(slug)
})

test('names that differ only in what a slug cannot have are different monitors', () => {
  const names = [
    '日次バッチ',
    '週次バッチ',
    'Rechnung Ä',
    'Rechnung Ö',
    'a.b',
    'a b',
    'a_b',
    'a:b',
    '!',
    '?',
  ]
  const long = ['x', 'y'].map((end) => 'nightly-'.repeat(8) + end)
  const slugs = [...names, ...long].map(slugOf)
  expect(new Set(slugs).size).toBe(names.length + long.length)
  for (const slug of slugs) expect(slug).toMatch(/^[a-z][a-z0-9_-]{1,49}$/)
  expect(slugOf('Rechnung Ä')).toMatch(/^rechnung-[0-9a-f]{8}$/)
  expect(slugOf('RECHNUNG A\u0308')).toBe(slugOf('rechnung ä'))
})

test('a monitor is called what it was sent as', () => {
  expect(readCheckIn({ monitor_slug: ' 日次バッチ', status: 'ok' })?.name).toBe('日次バッチ')
  expect(readCheckIn({ monitor_slug: ' ', status: 'ok' })).toBeUndefined()
})
