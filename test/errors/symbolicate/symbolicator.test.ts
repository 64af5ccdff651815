import { rmSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, expect, test } from 'vitest'
import type { Frame } from '../../../errors/event/sentry_event.ts'
import { unmapped } from '../../../errors/symbolicate/reasons.ts'
import { debugId, eventOf, framesOf, images, mapJson, script, Uploaded } from './uploaded.ts'

let uploaded: Uploaded | undefined
const make = (...limits: ConstructorParameters<typeof Uploaded>) =>
  (uploaded = new Uploaded(...limits))
afterEach(() => {
  uploaded?.end()
  uploaded = undefined
})

const map = { type: 'source_map', url: '~/static/app.js.map' } as const
const source = { type: 'minified_source', url: '~/static/app.js' } as const
/** Column 10 of line 1 is line 15, column 4 of cart.ts. */
const plain = mapJson([[[0, 0, 0, 0], [10, 0, 14, 4], [50]]])
const frame = (more: Partial<Frame> = {}): Frame => ({
  filename: '/static/app.js',
  abs_path: script,
  function: 'e',
  lineno: 1,
  colno: 11,
  in_app: true,
  ...more,
})

test('a frame is mapped by its debug id: place, context, and the stack as it came is kept', async () => {
  const given = make()
  given.add({ ...map, debugId }, plain)
  const event = await given.map(
    eventOf([frame()], images(script, '8FA6D8D7-0a3b-4c5d-9e8f-112233445566')),
  )
  expect(framesOf(event)[0]).toEqual({
    filename: '../src/cart.ts',
    abs_path: 'https://shop.example.com/src/cart.ts',
    module: 'src/cart',
    function: 'e',
    lineno: 15,
    colno: 5,
    in_app: true,
    pre_context: ['line 10', 'line 11', 'line 12', 'line 13', 'line 14'],
    context_line: 'line 15',
    post_context: ['line 16', 'line 17', 'line 18', 'line 19', 'line 20'],
    data: { sourcemap: '~/static/app.js.map', symbolicated: true, resolved_with: 'debug-id' },
  })
  expect(event.exception!.values[0]!.raw_stacktrace).toEqual({ frames: [frame()] })
})

test.each<[string, Partial<Frame>, string]>([
  ['without a line', { lineno: undefined as never }, unmapped.noLine],
  ['without a column', { colno: undefined as never }, unmapped.noColumn],
  ['before the first segment of its line', { lineno: 3 }, unmapped.notInMap],
  ['in code of no source', { colno: 60 }, unmapped.notInMap],
  ['at line -5', { lineno: -5 }, unmapped.noLine],
  ['at a line that no file has', { lineno: 2 ** 31 }, unmapped.notInMap],
  ['in another file', { abs_path: 'https://shop.example.com/other.js' }, unmapped.noRelease],
  ['in code made by eval', { abs_path: `${script} line 3 > eval` }, unmapped.made],
  ['in a blob', { abs_path: 'blob:https://shop.example.com/1234' }, unmapped.made],
])('a frame %s says so, and stops no other', async (_name, more, reason) => {
  const given = make()
  given.add({ ...map, debugId }, plain)
  const event = await given.map(eventOf([frame(more), frame()], images()))
  const [first, second] = framesOf(event)
  expect(first!.data).toEqual({ unmapped: reason })
  expect(second!.lineno).toBe(15)
})

test('frames of the runtime are left alone, and so are those of other languages', async () => {
  const given = make()
  given.add({ ...map, debugId }, plain)
  const others: Frame[] = [
    { filename: '<anonymous>', function: 'Array.map' },
    { filename: 'node:internal/process', lineno: 3, colno: 4 },
    { abs_path: '[native code]' },
    { ...frame(), platform: 'java' },
  ]
  const event = await given.map(eventOf(structuredClone(others), images()))
  expect(framesOf(event)).toEqual(others)
  const python = eventOf([frame()], { platform: 'python' })
  expect(framesOf(await given.map(python))).toEqual([frame()])
})

test('nothing is said of scripts where nobody uploads or sends debug ids', async () => {
  const event = await make().map(eventOf([frame()], { release: '1' }))
  expect(framesOf(event)).toEqual([frame()])
})

test('by release and url: headers, the last line of the script, or the name beside it', async () => {
  const given = make()
  const shop = { release: 'shop@1' }
  given.add({ ...source, ...shop, reference: 'maps/app.map' }, 'e()')
  given.add({ ...map, ...shop, url: '~/static/maps/app.map' }, plain)
  given.add({ ...source, ...shop, url: '~/b.js' }, 'e()\n//# sourceMappingURL=b.js.map?x\n')
  given.add({ ...map, ...shop, url: '~/b.js.map' }, plain)
  given.add({ ...map, ...shop, url: 'https://shop.example.com/c.js.map' }, plain)
  given.add({ ...source, ...shop, url: '~/d.js' }, 'e()')
  given.add({ ...source, ...shop, url: '~/e.js', reference: 'lost.map' }, 'e()')
  const at = (path: string) => frame({ abs_path: `https://shop.example.com${path}` })
  const event = await given.map(
    eventOf(
      [at('/static/app.js?v=1#x'), at('/b.js'), at('/c.js'), at('/d.js'), at('/e.js'), at('/f.js')],
      shop,
    ),
  )
  expect(framesOf(event).map(({ lineno, data }) => [lineno, data?.['unmapped']])).toEqual([
    [15, undefined],
    [15, undefined],
    [15, undefined],
    [1, unmapped.noReference],
    [1, `${unmapped.missingReference}: lost.map`],
    [1, unmapped.noUrl],
  ])
  const later = await given.map(eventOf([at('/b.js')], { release: 'shop@2' }))
  expect(framesOf(later)[0]!.data).toEqual({ unmapped: unmapped.emptyRelease })
})

const base64 = (text: string) => Buffer.from(text).toString('base64')
const inlineUrl = `data:application/json;charset=utf-8;base64,${base64(plain)}`

test.each([
  ['Base64', `e()\n//# sourceMappingURL=${inlineUrl}`],
  [
    'Base64, and a debug id behind it',
    `e()\n//# sourceMappingURL=${inlineUrl}\n//# debugId=${debugId}\n`,
  ],
  ['an old sign', `e()\n//@ sourceMappingURL=${inlineUrl}\n`],
  ['a block comment', `e()\n/*# sourceMappingURL=${inlineUrl} */\n`],
  ['percents', `e()\n//# sourceMappingURL=data:application/json,${encodeURIComponent(plain)}\n`],
])('a map inside of the script: %s', async (_name, text) => {
  const given = make()
  given.add({ ...source, debugId }, text)
  given.add({ ...source, release: '1' }, text)
  given.add({ ...source, release: '2', reference: 'data:application/json;base64,e30=' }, text)
  for (const event of [
    eventOf([frame()], images()),
    eventOf([frame()], { release: '1' }),
    eventOf([frame()], { release: '2' }),
  ]) {
    const [mapped] = framesOf(await given.map(event))
    expect([mapped!.lineno, mapped!.data?.['sourcemap']]).toEqual([15, '~/static/app.js'])
  }
})

test.each([
  ['a text of the code', `e("/*# sourceMappingURL=${inlineUrl} */");e()`, unmapped.scriptOnly],
  ['a text of the last line', `e("//# sourceMappingURL=${inlineUrl}")`, unmapped.scriptOnly],
  [
    'one outside, behind it',
    `e()\n//# sourceMappingURL=${inlineUrl}\n//# sourceMappingURL=a.map`,
    unmapped.scriptOnly,
  ],
  [
    'no data',
    'e()\n//# sourceMappingURL=data:x',
    'the map cannot be read: its data: url has no data',
  ],
  ['no JSON', 'e()\n//# sourceMappingURL=data:,hello', 'the map cannot be read: it is not JSON'],
  [
    'no escape',
    'e()\n//# sourceMappingURL=data:,%zz',
    'the map cannot be read: its data: url is not escaped as urls are',
  ],
])('what is no map inside of the script, and why: %s', async (_name, text, reason) => {
  const given = make()
  given.add({ ...source, debugId }, text)
  const event = await given.map(eventOf([frame()], images()))
  expect(framesOf(event)[0]!.data).toEqual({ unmapped: reason })
})

test('a map inside of its script names functions by the script around it', async () => {
  const given = make()
  const other = '7'.repeat(32)
  const named = mapJson([
    [
      [0, 0, 0, 0],
      [9, 0, 2, 9, 0],
      [14, 0, 14, 4],
    ],
  ])
  const url = `data:application/json;base64,${base64(named)}`
  given.add({ ...source, debugId: other }, `function e(){throw 1}\n//# sourceMappingURL=${url}`)
  const [mapped] = framesOf(await given.map(eventOf([frame({ colno: 15 })], images(script, other))))
  expect([mapped!.function, mapped!.lineno]).toEqual(['checkout', 15])
})

test('the dist of the event comes first, files without one serve all, those of others none', async () => {
  const given = make()
  const other = mapJson([
    [
      [0, 0, 0, 0],
      [10, 0, 20, 4],
    ],
  ])
  given.add({ ...map, release: '1', dist: 'ios' }, plain)
  given.add({ ...map, release: '1' }, other)
  given.add({ ...map, release: '2', dist: 'ios' }, plain)
  const line = async (release: string, dist?: string) => {
    const event = await given.map(eventOf([frame()], { release, ...(dist && { dist }) }))
    const [mapped] = framesOf(event)
    return mapped!.data?.['unmapped'] ?? mapped!.lineno
  }
  expect(await line('1', 'ios')).toBe(15)
  expect(await line('1', 'android')).toBe(21)
  expect(await line('1')).toBe(21)
  expect(await line('2', 'android')).toBe(unmapped.otherDist)
})

test('a script found by its url leads to its map by the debug id that it was uploaded with', async () => {
  const given = make()
  given.add({ ...source, release: '1', debugId }, 'e()')
  given.add({ ...map, debugId }, plain)
  const [first] = framesOf(await given.map(eventOf([frame()], { release: '1' })))
  expect([first!.lineno, first!.data?.['resolved_with']]).toEqual([15, 'release'])
})

test('what is missing of a debug id is named', async () => {
  const given = make()
  const reason = async (id: string) =>
    framesOf(await given.map(eventOf([frame()], images(script, id))))[0]!.data?.['unmapped']
  given.add({ ...source, debugId: '1'.repeat(32) }, 'e()')
  given.add({ ...map, debugId: '2'.repeat(32), project: 2 }, plain)
  const gone = given.add({ ...map, debugId: '3'.repeat(32) }, plain)
  given.add({ ...map, debugId: '4'.repeat(32) }, '{"version":3}')
  expect(await reason('1'.repeat(32))).toBe(unmapped.scriptOnly)
  expect(await reason('2'.repeat(32))).toBe(unmapped.otherProject)
  rmSync(join(given.folder, gone))
  expect(await reason('3'.repeat(32))).toBe(unmapped.gone)
  expect(await reason('4'.repeat(32))).toBe('the map cannot be read: it has no mappings')
  expect(await reason('5'.repeat(32))).toBe(unmapped.noDebugId)
})

test('maps beyond the limits are named with them, and memory stays within its own', async () => {
  const given = make({ max_map_size: 2_000, max_memory: 3_000 })
  const large = mapJson([[[0, 0, 0, 0]]], { x: ' '.repeat(2_000) })
  given.add({ ...map, debugId }, large)
  given.add({ ...map, debugId: '2'.repeat(32) }, JSON.stringify({ mappings: 'A,'.repeat(400) }))
  const reason = async (id: string) =>
    framesOf(await given.map(eventOf([frame()], images(script, id))))[0]!.data?.['unmapped']
  expect(await reason(debugId)).toBe(
    'the map is larger than errors.source_maps.max_map_size (2.0 kB)',
  )
  expect(await reason('2'.repeat(32))).toContain('max_memory')
  for (let index = 0; index < 20; index++) {
    const id = index.toString(16).padStart(32, 'a')
    given.add({ ...map, debugId: id }, mapJson([[[index, 0, 14, 4]]]))
    const [mapped] = framesOf(await given.map(eventOf([frame({ colno: 30 })], images(script, id))))
    expect(mapped!.lineno).toBe(15)
    expect(given.symbolicator.bytes).toBeLessThanOrEqual(3_000)
  }
})

test('code of others is not the app’s: node_modules, bundlers’ own, what the map ignores', async () => {
  const given = make()
  const sources = [
    'webpack://shop/./src/a.ts?1f2e',
    'webpack:///webpack/bootstrap',
    'webpack:///~/react/index.js',
    'webpack:///external "react"',
    '../node_modules/x/y.js',
    '\0vite/preload-helper.js',
    '../src/generated.ts',
    null,
  ]
  const segments = sources.map((_, index) => [index * 10, index, 0, 0])
  given.add(
    { ...map, debugId },
    mapJson([segments], { sources, sourcesContent: [null, 7], ignoreList: [6] }),
  )
  const event = await given.map(
    eventOf(
      sources.map((_, index) => frame({ colno: index * 10 + 1, context_line: 'e()' })),
      images(),
    ),
  )
  expect(
    framesOf(event).map(({ filename, module, in_app, context_line }) => [
      filename,
      module,
      in_app,
      context_line,
    ]),
  ).toEqual([
    ['./src/a.ts', 'src/a', true, undefined],
    ['webpack/bootstrap', 'webpack/bootstrap', false, undefined],
    ['~/react/index.js', '~/react/index', false, undefined],
    ['external "react"', 'external "react"', false, undefined],
    ['../node_modules/x/y.js', 'node_modules/x/y', false, undefined],
    ['vite/preload-helper.js', 'vite/preload-helper', false, undefined],
    ['../src/generated.ts', 'src/generated', false, undefined],
    ['/static/app.js', undefined, true, 'e()'],
  ])
})

test('threads and the event’s own stack are mapped too', async () => {
  const given = make()
  given.add({ ...map, debugId }, plain)
  const event = eventOf([frame()], {
    ...images(),
    threads: { values: [{ id: 1, stacktrace: { frames: [frame()] } }, { id: 2 }] },
    stacktrace: { frames: [frame()] },
  })
  await given.map(event)
  expect(event.threads!.values[0]!.stacktrace!.frames[0]!.lineno).toBe(15)
  expect(event.threads!.values[0]!.raw_stacktrace!.frames[0]!.lineno).toBe(1)
  expect(event.stacktrace!.frames[0]!.lineno).toBe(15)
  expect(event).not.toHaveProperty('raw_stacktrace')
})

test('maps that come late are told apart, and apply on demand', async () => {
  const given = make()
  const stored = await given.map(eventOf([frame(), frame({ colno: 60 })], images()))
  expect(await given.symbolicator.explain(1, stored)).toEqual({
    frames: 2,
    mapped: 0,
    mappable: 0,
    unmapped: [{ reason: unmapped.noDebugId, frames: 2, file: script, debug_id: debugId }],
  })
  given.add({ ...map, debugId, uploadedMs: 200_000 }, plain)
  expect(await given.symbolicator.explain(1, stored)).toEqual({
    frames: 2,
    mapped: 0,
    mappable: 1,
    unmapped: [
      { reason: unmapped.late, frames: 1, file: script, debug_id: debugId },
      { reason: unmapped.noDebugId, frames: 1, file: script, debug_id: debugId },
    ],
  })
  const again = await given.symbolicator.remap(1, stored)
  expect(framesOf(again).map(({ lineno, data }) => [lineno, data?.['unmapped']])).toEqual([
    [15, undefined],
    [1, unmapped.notInMap],
  ])
  expect(framesOf(stored)[0]!.lineno).toBe(1)
  // Once more from what was mapped: the same, from the stack as it came.
  expect(await given.symbolicator.remap(1, again)).toEqual(again)
  expect((await given.symbolicator.explain(1, again)).mapped).toBe(1)
})

test('code of Node that nobody said is built is not explained as missing a map', async () => {
  const given = make()
  const event = eventOf([frame({ abs_path: '/srv/app.js' })], { platform: 'node', release: '1' })
  const nothing = { frames: 0, mapped: 0, mappable: 0, unmapped: [] }
  expect(await given.symbolicator.explain(1, await given.map(event))).toEqual(nothing)
  given.add({ ...map, release: '1', url: '~/srv/app.js.map' }, plain)
  expect(await given.symbolicator.explain(1, event)).toMatchObject({ frames: 1, mappable: 1 })
})

test('whatever is in a map and a frame, nothing throws', async () => {
  const given = make()
  let number = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(fc.integer(), { maxLength: 6 }), { maxLength: 6 }),
      fc.integer(),
      fc.integer(),
      fc.anything(),
      async (segments, lineno, colno, odd) => {
        const id = (number++).toString(16).padStart(32, '0')
        given.add(
          { ...map, debugId: id },
          mapJson([segments], { sources: [odd, 'a'], sourcesContent: odd, names: odd }),
        )
        await given.map(eventOf([frame({ lineno, colno }), frame()], images(script, id)))
      },
    ),
  )
})
