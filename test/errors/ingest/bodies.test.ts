import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { Inflater } from '../../../errors/ingest/inflate.ts'
import { readJson } from '../../../errors/ingest/json_text.ts'
import { storeBody } from '../../../errors/ingest/store_body.ts'

const inflate: Inflater['inflate'] = (...given) => new Inflater().inflate(...given)
const text = '{"message":"hello"}'
const bytes = Buffer.from(text)

describe('content encodings', () => {
  test.each([
    ['', bytes],
    ['gzip', gzipSync(bytes)],
    ['X-GZIP', gzipSync(bytes)],
    ['deflate', deflateSync(bytes)],
    ['br', brotliCompressSync(bytes)],
    ['zstd', zstdCompressSync(bytes)],
    ['identity', bytes],
    ['something', bytes],
    ['deflate, gzip', gzipSync(deflateSync(bytes))],
  ])('%s', async (encoding, body) => {
    expect(Buffer.from(await inflate(body, encoding, 1_000)).toString()).toBe(text)
  })

  test.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
    ['zstd', zstdCompressSync],
  ] as const)('a bomb of %s is a 413', async (encoding, compress) => {
    const bomb = compress(Buffer.alloc(400_000))
    await expect(inflate(bomb, encoding, 100_000)).rejects.toMatchObject({ status: 413 })
  })

  test.each(['gzip', 'deflate', 'br', 'zstd'])('what is no %s is a 400', async (encoding) => {
    await expect(inflate(bytes, encoding, 100_000)).rejects.toMatchObject({ status: 400 })
  })

  test('large bodies are inflated too, and hold nothing up', async () => {
    const inflater = new Inflater()
    const large = gzipSync(Buffer.alloc(6_000_000, 'x'), { level: 1 })
    const done: string[] = []
    await Promise.all([
      inflater.inflate(large, 'gzip', 10_000_000).then(({ length }) => done.push(`${length}`)),
      inflater.inflate(large, 'gzip', 5_000_000).catch(() => done.push('too large')),
      inflater.inflate(gzipSync(bytes), 'gzip', 10_000_000).then(() => done.push('small')),
    ])
    expect(done).toEqual(['small', '6000000', 'too large'])
  })

  test('a body cut off is a 400, a plain one too long a 413', async () => {
    const cut = gzipSync(bytes).subarray(0, 20)
    await expect(inflate(cut, 'gzip', 100_000)).rejects.toMatchObject({ status: 400 })
    await expect(inflate(bytes, '', 5)).rejects.toMatchObject({ status: 413 })
  })
})

describe('bodies of /store/', () => {
  test.each([
    ['JSON', bytes],
    ['JSON behind white space', Buffer.from(`\n  ${text}`)],
    ['Base64', Buffer.from(bytes.toString('base64'))],
    [
      'Base64 of zlib: raven for Node, PHP and Go',
      Buffer.from(deflateSync(bytes).toString('base64')),
    ],
    ['zlib without a content encoding', deflateSync(bytes)],
  ])('%s', (_name, body) => {
    expect(Buffer.from(storeBody(body, 1_000)).toString().trim()).toBe(text)
  })

  test('a bomb is a 413, anything else a 400', () => {
    const bomb = Buffer.from(deflateSync(Buffer.alloc(5_000_000)).toString('base64'))
    expect(() => storeBody(bomb, 100_000)).toThrow(expect.objectContaining({ status: 413 }))
    for (const body of ['hello world!', '[1]', 'YWJj', '\u0000\u0001']) {
      expect(() => storeBody(Buffer.from(body), 1_000)).toThrow(
        expect.objectContaining({ status: 400 }),
      )
    }
  })
})

describe('JSON as SDKs send it', () => {
  const read = (json: string) => readJson(Buffer.from(json))

  test('NaN and infinities of old Python SDKs are null; in texts they stay', () => {
    const { value } = read('{"a":NaN,"b":[-Infinity,Infinity],"c":"NaN \\" Infinity","Infinity":1}')
    expect(value).toEqual({ a: null, b: [null, null], c: 'NaN " Infinity', Infinity: 1 })
  })

  test('half a surrogate pair becomes U+FFFD, a whole one and an escaped backslash stay', () => {
    const { value, isRepaired } = read(
      '{"a":"\\ud800x","b":"\\uD83D\\uDE00","c":"\\\\ud800","d":"\\udc00"}',
    )
    expect(value).toEqual({ a: '\ufffdx', b: '😀', c: '\\ud800', d: '\ufffd' })
    expect(isRepaired).toBe(true)
    expect(read('{"b":"\\ud83d\\ude00"}').isRepaired).toBe(false)
  })

  test('__proto__ is a key like others', () => {
    expect(Object.keys(read('{"__proto__":{"a":1}}').value as object)).toEqual(['__proto__'])
  })

  test('bytes that are no UTF-8 do no harm; no JSON throws', () => {
    expect(readJson(Buffer.from([0x22, 0xff, 0x22])).value).toBe('\ufffd')
    expect(() => read('{')).toThrow(SyntaxError)
    expect(() => read('{"a":NaN')).toThrow(SyntaxError)
  })
})
