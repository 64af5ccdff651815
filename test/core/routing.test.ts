import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compileTagPatterns, router, tagPatterns } from '../../core/routing.ts'

const fits = (patterns: string, ...tags: string[]) => {
  for (const tag of tags)
    expect(compileTagPatterns(patterns)(tag), `${patterns} ~ ${tag}`).toBe(true)
}
const differs = (patterns: string, ...tags: string[]) => {
  for (const tag of tags)
    expect(compileTagPatterns(patterns)(tag), `${patterns} ~ ${tag}`).toBe(false)
}

test('a plain pattern is the tag itself', () => {
  fits('a.b', 'a.b')
  differs('a.b', 'a', 'a.b.c', 'aXb', 'x.a.b', 'a.b\n')
})

test('* is one part or a run within one', () => {
  fits('a.*', 'a.b')
  differs('a.*', 'a', 'a.b.c')
  fits('web*.access', 'web.access', 'web12.access')
  differs('web*.access', 'web.1.access')
})

test('** is zero or more parts', () => {
  fits('a.**', 'a', 'a.b', 'a.b.c')
  differs('a.**', 'ab', 'b.a')
  fits('**.b', 'b', 'a.b', 'x.a.b')
  differs('**.b', 'ab', 'b.a')
  fits('a.**.b', 'a.b', 'a.x.b', 'a.x.y.b')
  differs('a.**.b', 'ab', 'a.xb')
  fits('**', '', 'a', 'a.b.c')
})

test('braces hold alternatives, and nest', () => {
  fits('{a,b}.c', 'a.c', 'b.c')
  differs('{a,b}.c', 'c', 'ab.c')
  fits('x.{a.{b,c},**.d}', 'x.a.b', 'x.a.c', 'x.d', 'x.1.2.d')
  fits('a{,1}', 'a', 'a1')
})

test('several patterns are separated by white space', () => {
  fits('a.*  b.**', 'a.x', 'b', 'b.x.y')
  differs('a.* b.**', 'a', 'c')
})

test('a backslash takes the next character as it is, and nothing else is special', () => {
  fits('a\\*b\\{', 'a*b{')
  differs('a\\*', 'ab')
  fits('a+(b)|[c]^$?.é😀', 'a+(b)|[c]^$?.é😀')
})

test('a pattern without meaning is refused with its place', () => {
  expect(() => compileTagPatterns('a.{b')).toThrow('"a.{b" is no tag pattern: a "{" is not closed')
  expect(() => compileTagPatterns('a.b}')).toThrow('"}" at column 4 closes nothing')
  expect(() => compileTagPatterns(' ')).toThrow('it is empty')
  expect(() => compileTagPatterns('{a,b}'.repeat(20))).toThrow('more than 256')
  expect(tagPatterns().safeParse('{').error?.issues[0]?.message).toContain('not closed')
})

/** The same question answered part by part, without regular expressions. */
function naive(parts: readonly string[], tag: readonly string[]): boolean {
  const [part, ...rest] = parts
  if (part === undefined) return tag.length === 0
  if (part === '**') return tag.some((_, i) => naive(rest, tag.slice(i))) || naive(rest, [])
  const [head, ...others] = tag
  if (head === undefined) return false
  return naivePart(part, head) && naive(rest, others)
}
function naivePart(part: string, text: string): boolean {
  if (part === '') return text === ''
  if (part.startsWith('*')) {
    return naivePart(part.slice(1), text) || (text !== '' && naivePart(part, text.slice(1)))
  }
  return part[0] === text[0] && naivePart(part.slice(1), text.slice(1))
}

test('agrees with a matcher that goes part by part', () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'b', '$'), minLength: 1, maxLength: 2 })
  const piece = fc.oneof(word, fc.constantFrom('*', '**', '**', 'a*', '*b'))
  const choice = fc.array(piece, { minLength: 1, maxLength: 3 })
  const tag = fc.array(word, { minLength: 1, maxLength: 5 })
  fc.assert(
    fc.property(choice, choice, tag, (one, other, parts) => {
      const text = parts.join('.')
      const matches = compileTagPatterns(`{${one.join('.')},${other.join('.')}}`)
      expect(matches(text)).toBe(naive(one, parts) || naive(other, parts))
    }),
    { numRuns: 2000 },
  )
})

test('no pattern and no tag makes it fail otherwise than with a ConfigError', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (pattern, tag) => {
      try {
        expect(compileTagPatterns(pattern)(tag)).toBeTypeOf('boolean')
      } catch (failure) {
        expect(failure).toHaveProperty('code', 'WEIR_CONFIG_INVALID')
      }
    }),
  )
})

test('an event goes to every output that matches, and a final one ends the search', () => {
  const outputs = [
    { id: 'all', match: '**', final: false },
    { id: 'nginx', match: 'nginx.**', final: true },
    { id: 'rest', match: '**', final: false },
  ]
  const route = router(outputs)
  const idsOf = (tag: string) => route(tag).map((output) => output.id)
  expect(idsOf('nginx.access')).toEqual(['all', 'nginx'])
  expect(idsOf('app')).toEqual(['all', 'rest'])
  expect(route('app')).toBe(route('app'))
  expect(router([{ match: 'a', final: false }])('b')).toEqual([])
})

test('what is remembered of tags is bounded and changes no answer', () => {
  const route = router([{ match: 't.*', final: false }])
  const wrong = Array.from({ length: 25_000 }, (_, i) => route(`t.${i}`)).filter(
    (found) => found.length !== 1,
  )
  expect(wrong).toEqual([])
  expect(route('t.0')).toHaveLength(1)
})
