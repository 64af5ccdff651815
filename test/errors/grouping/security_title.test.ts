import { expect, test } from 'vitest'
import { certificateTitle, cspTitle } from '../../../errors/grouping/security_title.ts'

const host = 'https://cdn.example/x.js?secret'

/** Relay's sentences, both ways of each directive that has its own. */
test.each([
  ['child-src', "Blocked inline 'child'", "Blocked 'child' from 'cdn.example'"],
  ['connect-src', "Blocked inline 'connect'", "Blocked 'connect' from 'cdn.example'"],
  ['font-src', "Blocked inline 'font'", "Blocked 'font' from 'cdn.example'"],
  ['form-action', "Blocked inline 'form-action'", "Blocked 'form' action to 'cdn.example'"],
  ['img-src', "Blocked inline 'image'", "Blocked 'image' from 'cdn.example'"],
  ['manifest-src', "Blocked inline 'manifest'", "Blocked 'manifest' from 'cdn.example'"],
  ['media-src', "Blocked inline 'media'", "Blocked 'media' from 'cdn.example'"],
  ['object-src', "Blocked inline 'object'", "Blocked 'object' from 'cdn.example'"],
  [
    'script-src',
    "Blocked unsafe (eval() or inline) 'script'",
    "Blocked 'script' from 'cdn.example'",
  ],
  [
    'script-src-attr',
    "Blocked unsafe 'script' element",
    "Blocked inline script attribute from 'cdn.example'",
  ],
  ['script-src-elem', 'Blocked inline script attribute', "Blocked 'script' from 'cdn.example'"],
  ['style-src', "Blocked inline 'style'", "Blocked 'style' from 'cdn.example'"],
  ['style-src-attr', 'Blocked style attribute', "Blocked style attribute from 'cdn.example'"],
  ['style-src-elem', "Blocked 'style' or 'link' element", "Blocked 'style' from 'cdn.example'"],
  ['frame-src', "Blocked inline 'frame-src'", "Blocked 'frame-src' from 'cdn.example'"],
  ['default-src', "Blocked inline 'default-src'", "Blocked 'default-src' from 'cdn.example'"],
])('%s', (directive, own, from) => {
  const titleOf = (uri?: string) =>
    cspTitle({ effective_directive: directive, ...(uri !== undefined && { blocked_uri: uri }) })
  for (const uri of [undefined, '', 'self', "'self'"]) expect(titleOf(uri)).toBe(own)
  expect(titleOf(host)).toBe(from)
})

test.each([
  ['inline', 'inline:'],
  ['eval', 'eval:'],
  ['data', 'data:'],
  ['data:image/png;base64,x', 'data:'],
  ['blob', 'blob:'],
  ['http', 'http://'],
  ['https://a.example:8443/x', 'a.example:8443'],
  ['https://a.example:443/x', 'a.example'],
  ['wss://live.example/feed', 'wss://live.example'],
  ['chrome-extension://abcdef/x.js', 'chrome-extension://abcdef'],
  ['http://[broken', 'http://[broken'],
])('what is blocked: %s', (uri, from) => {
  const title = cspTitle({ effective_directive: 'img-src', blocked_uri: uri })
  expect(title).toBe(`Blocked 'image' from '${from}'`)
})

test('older browsers say in the violated directive which directive it was, and how a script broke it', () => {
  const titleOf = (violated: string) => cspTitle({ violated_directive: violated })
  expect(titleOf("script-src 'unsafe-inline'")).toBe("Blocked unsafe inline 'script'")
  expect(titleOf("script-src 'unsafe-eval'")).toBe("Blocked unsafe eval() 'script'")
  expect(titleOf('img-src https://a.example')).toBe("Blocked inline 'image'")
})

test('reports about certificates', () => {
  const report = { hostname: 'a.example' }
  expect(certificateTitle('expectct', report)).toBe("Expect-CT failed for 'a.example'")
  expect(certificateTitle('expectstaple', report)).toBe("Expect-Staple failed for 'a.example'")
  expect(certificateTitle('hpkp', report)).toBe(
    "Public key pinning validation failed for 'a.example'",
  )
})
