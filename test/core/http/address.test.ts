import { expect, test } from 'vitest'
import { httpConfig } from '../../../core/http/config.ts'
import { formatListen, parseListen } from '../../../core/http/address.ts'
import { listenOfEnvironment } from '../../../core/http/inherited.ts'

test.each([
  ['127.0.0.1:4400', '127.0.0.1:4400'],
  ['tcp://127.0.0.1:4400', '127.0.0.1:4400'],
  ['4400', '127.0.0.1:4400'],
  [':4400', '[::]:4400'],
  ['*:4400', '[::]:4400'],
  ['localhost:0', 'localhost:0'],
  ['[::1]:80', '[::1]:80'],
  ['unix:/run/weir.sock', 'unix:/run/weir.sock'],
  ['unix:///run/weir.sock', 'unix:/run/weir.sock'],
  ['fd:3', 'fd:3'],
])('%s is %s', (text, expected) => {
  const address = parseListen(text)
  expect(address && formatListen(address)).toBe(expected)
})

test.each([
  '',
  'a',
  '127.0.0.1',
  '127.0.0.1:99999',
  '::1:80',
  '[x]:1',
  'unix:rel',
  'fd:x',
  'http://a:1',
])('"%s" is no address', (text) => expect(parseListen(text)).toBeUndefined())

test('a port alone is a number in YAML', () => {
  const { listen } = httpConfig.parse({ listen: [4400, '[::1]:80'] })
  expect(listen.map(formatListen)).toEqual(['127.0.0.1:4400', '[::1]:80'])
  expect(JSON.stringify(httpConfig.safeParse({ listen: 70_000 }).error)).toContain('70000')
})

test('the environment says where to listen: systemd for this process only, then PORT', () => {
  expect(listenOfEnvironment({}, 7)).toBeUndefined()
  expect(listenOfEnvironment({ PORT: '5000' }, 7)).toEqual([
    { kind: 'tcp', host: '127.0.0.1', port: 5000 },
  ])
  expect(() => listenOfEnvironment({ PORT: 'abc' }, 7)).toThrow('PORT: "abc" is no port')
  const passed = { LISTEN_FDS: '2', LISTEN_PID: '7', PORT: '1' }
  expect(listenOfEnvironment(passed, 7)).toEqual([
    { kind: 'fd', fd: 3 },
    { kind: 'fd', fd: 4 },
  ])
  expect(listenOfEnvironment({ ...passed, PORT: '' }, 8)).toBeUndefined()
})
