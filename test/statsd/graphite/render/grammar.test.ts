import { expect, test } from 'vitest'
import { firstPathOf, leavesOf, parseTarget } from '../../../../statsd/graphite/render/grammar.ts'
import { defaultRenderLimits } from '../../../../statsd/graphite/render/limits.ts'
import { RenderError } from '../../../../statsd/graphite/render/render_error.ts'
import type { Syntax } from '../../../../statsd/graphite/render/syntax.ts'

const parse = (target: string) => parseTarget(target, defaultRenderLimits)

/** A target written again, so that what was understood can be read. */
function written(syntax: Syntax): string {
  if (syntax.kind === 'path') return syntax.text
  if (syntax.kind === 'literal') {
    const { value } = syntax
    if (typeof value === 'object' && value !== null) {
      return `${value.number}${value.isFloat ? 'f' : ''}`
    }
    return JSON.stringify(value)
  }
  if (syntax.kind === 'template') {
    return `template(${written(syntax.body)}; ${JSON.stringify([...syntax.values])})`
  }
  const named = syntax.named.map(({ name, value }) => `${name}=${written(value)}`)
  return `${syntax.name}(${[...syntax.given.map(written), ...named].join(' ')})`
}

test.each([
  ['a.b.c', 'a.b.c'],
  ['a.{b,c}*.[0-9]?', 'a.{b,c}*.[0-9]?'],
  ['a.b\\(c\\)\\,d', 'a.b(c),d'],
  ['disk;dc=dc1', 'disk;dc=dc1'],
  ['1.2.count', '1.2.count'],
  ['sum( a.b , c.d )', 'sum(a.b c.d)'],
  ['f()', 'f()'],
  [
    'f(a, 1, -2.5, 1e3, \'x\', "y", TRUE, none, inf)',
    'f(a 1 -2.5f 1000f "x" "y" true null Infinityf)',
  ],
  ['f(true.b, 1.a, none_of)', 'f(true.b 1.a none_of)'],
  ['f(a, n=3, name="x")', 'f(a n=3 name="x")'],
  ["f(a)|g(1)|h('x')", 'h(g(f(a) 1) "x")'],
  ['f(a|g(), b | h(2))', 'f(g(a) h(b 2))'],
  ["template(a.$x, x='1')", 'template(a.$x; [["x","1"]])'],
  ["template(f($1), 'a', 2)", 'template(f($1); [["1","a"],["2",{"number":2,"isFloat":false}]])'],
  ["f(\"a \\\" b\", 'it''s')", 'f("a \\\\\\" b" "it\'\'s")'],
  ['füße.größe', 'füße.größe'],
])('%s is understood', (target, understood) => expect(written(parse(target))).toBe(understood))

test.each([
  ['f(a', 0, 'the parenthesis of f is not closed'],
  ['f(a))', 4, '")" is not expected'],
  ['a..b', 2, 'a part of a path is expected'],
  ['f(a,)', 4, 'a path or a function is expected'],
  ['f(n=1, a)', 7, 'an argument without a name'],
  ["f('a)", 2, 'the string is not closed'],
  ['a.{b,c', 2, 'the brace is not closed'],
  ['a.{b,}', 5, 'between braces'],
  ['a | b', 4, 'a function call is expected'],
  ['template(a, b)', 12, 'numbers and strings only'],
  ['', 0, 'a path or a function is expected'],
])('%s is refused at %s', (target, offset, message) => {
  let refusal: unknown
  try {
    parse(target)
  } catch (thrown) {
    refusal = thrown
  }
  expect(refusal).toBeInstanceOf(RenderError)
  expect((refusal as RenderError).message).toContain(message)
  expect((refusal as RenderError).place.offset).toBe(offset)
})

test('depth and length are bounded', () => {
  const nested = (depth: number) => `${'f('.repeat(depth)}a${')'.repeat(depth)}`
  expect(() => parse(nested(50))).not.toThrow()
  expect(() => parse(nested(51))).toThrow('more than 50 calls')
  expect(() => parse(`a${'|f()'.repeat(51)}`)).toThrow('more than 50 calls')
  expect(() => parse('a'.repeat(10_001))).toThrow('longer than 10000')
})

test('the first path of a name', () => {
  expect(firstPathOf('scale(sum(a.b.*),2)')).toBe('a.b.*')
  expect(firstPathOf('CPU: (user)')).toBe('CPU:')
  expect(firstPathOf('f(2,a)')).toBeUndefined()
  expect(firstPathOf('(a)')).toBeUndefined()
})

test('what a target fetches is known before it is evaluated', () => {
  const leaves = leavesOf(parse('sum(a.b, scale(c, 2), seriesByTag("name=x"), r=d)'))
  expect(leaves.map((leaf) => leaf.text)).toEqual(['a.b', 'c', 'seriesByTag("name=x")', 'd'])
})
