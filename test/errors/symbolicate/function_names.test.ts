import { afterEach, expect, test } from 'vitest'
import { minifiedName } from '../../../errors/symbolicate/function_names.ts'
import { debugId, eventOf, framesOf, images, mapJson, script, Uploaded } from './uploaded.ts'
import type { Segment } from './encode_map.ts'

let uploaded: Uploaded | undefined
afterEach(() => {
  uploaded?.end()
  uploaded = undefined
})

test.each<[string | undefined, string | undefined]>([
  ['e', 'e'],
  ['Object.e', 'e'],
  ['new e', 'e'],
  ['async e', 'e'],
  ['n.e [as onClick]', 'e'],
  ['über', 'über'],
  ['Object.<anonymous>', undefined],
  ['?', undefined],
  [undefined, undefined],
])('the name in the script of %s', (given, expected) => {
  expect(minifiedName(given)).toBe(expected)
})

/**
 * The names of the frames in a marked script: `{{total}}` before what the map gives a name, `^` before what a frame is
 * at, `^{{…}}` for both. The innermost frame is the last.
 */
async function namesIn(marked: string, functions: string[], withScript = true) {
  const segments: Segment[] = []
  const names: string[] = []
  const columns: number[] = []
  let text = ''
  for (const [, plain, isFrame, name] of marked.matchAll(
    /([^{^]*(?:\{(?!\{)[^{^]*)*)(\^?)(?:\{\{(\w+)\}\})?/g,
  )) {
    text += plain
    if (isFrame) columns.push(text.length + 1)
    if (name !== undefined) segments.push([text.length, 0, 1, 0, names.push(name) - 1])
    else if (isFrame) segments.push([text.length, 0, 2, 0])
  }
  uploaded?.end()
  uploaded = new Uploaded()
  uploaded.add({ type: 'source_map', url: 'a.map', debugId }, mapJson([segments], { names }))
  if (withScript) uploaded.add({ type: 'minified_source', url: 'a.js', debugId }, text)
  const frames = columns.map((colno, index) => {
    return { abs_path: script, lineno: 1, colno, function: functions[index]! }
  })
  const event = await uploaded.map(eventOf(frames, images()))
  return framesOf(event).map((frame) => frame.function)
}

test('a function has the name that the map gives to its declaration', async () => {
  const text =
    'function {{total}}e(t){return ^t.x()}const {{pick}}n={{item}}e=>^e.y,{{run}}r=async function(){await ^n()}'
  expect(await namesIn(text, ['e', 'n', 'r'])).toEqual(['total', 'pick', 'run'])
})

test('a declaration that ended before does not lend its name', async () => {
  const text =
    'function {{total}}e(t){return t}function {{outer}}n(){function {{inner}}e(){return 1}const t="}";^q.x()}'
  expect(await namesIn(text, ['n'])).toEqual(['outer'])
  expect(await namesIn(text, ['e'])).toEqual(['e'])
  expect(await namesIn('{{one}}e=t=>t.x,{{two}}n=1;^q.x()', ['e'])).toEqual(['e'])
})

test('methods and classes are declarations too', async () => {
  const text = 'class {{Cart}}e{ {{total}}n(t){return ^t.x()} }var o={ {{reduce}}r(e){^e.y()} }'
  expect(await namesIn(text, ['e.n', 'Object.r'])).toEqual(['total', 'reduce'])
})

test('else it has the name under which its caller calls it', async () => {
  // Nothing in this script declares `e`.
  const text = 'x(^{{computeTotal}}e(1));^e(2)'
  expect(await namesIn(text, ['?', 'e'])).toEqual(['?', 'computeTotal'])
  expect(await namesIn(text, ['?', 'f'])).toEqual(['?', 'f'])
  expect(await namesIn(text, ['?', 'e'], false)).toEqual(['?', 'computeTotal'])
  expect(await namesIn(text, ['?', 'handler'], false)).toEqual(['?', 'handler'])
})
