import { describe, expect, it } from 'vitest'
import { isSamePlace, knownFrame } from '../../../../errors/grouping/frames/frame.ts'
import { withoutContentHash } from '../../../../errors/grouping/frames/filename.ts'
import type { Frame } from '../../../../errors/event/sentry_event.ts'

/** What a frame contributes, by component. */
function parts(frame: Frame, platform: string): Record<string, string> {
  const { component } = knownFrame(frame, platform)
  if (!component.contributes) return {}
  return Object.fromEntries(
    component.values.flatMap((value) => {
      return typeof value === 'string' || !value.contributes ? [] : [[value.id, value.text]]
    }),
  )
}

describe('module and filename', () => {
  it('the module goes before the file', () => {
    expect(parts({ module: 'shop.cart', filename: 'shop/cart.py' }, 'python')).toEqual({
      module: 'shop.cart',
    })
  })

  it.each([
    ['/srv/releases/42/app/Cart.php', 'cart.php'],
    ['C:\\build\\Cart.CS', 'cart.cs'],
    ['cart.py?v=3', 'cart.py'],
    ['/', '/'],
  ])('of %s the name counts, in small letters', (filename, expected) => {
    expect(parts({ filename }, 'other')).toEqual({ filename: expected })
  })

  it.each([
    ['http://shop.example/app.js', false],
    ['https://shop.example/app.js', false],
    ['blob:https://shop.example/1-2', false],
    ['applewebdata://1-2', false],
    ['file:///srv/app.js', true],
    ['app:///app.js', true],
    ['/srv/app.js', true],
  ])('of what comes from %s', (path, counts) => {
    const expected = counts ? { filename: 'app.js' } : {}
    expect(parts({ filename: 'app.js', abs_path: path }, 'javascript')).toEqual(expected)
  })

  it.each(['<anonymous>', '[native code]'])('%s is no file', (filename) => {
    expect(parts({ filename, function: 'f' }, 'other')).toEqual({ function: 'f' })
  })

  it('a JavaScript module that only repeats the path is left out', () => {
    const frame = {
      module: 'static/app',
      abs_path: 'https://a.example/static/app.js',
      function: 'f',
    }
    expect(parts(frame, 'javascript')).toEqual({ function: 'f' })
    expect(parts({ ...frame, module: 'shop/cart' }, 'javascript')).toEqual({
      module: 'shop/cart',
      function: 'f',
    })
  })
})

describe('content hashes', () => {
  it.each([
    ['main.3f9ac21b.js', 'main.js'],
    ['main.3f9ac21b.chunk.js', 'main.chunk.js'],
    ['index-BkR4x_2e.js', 'index.js'],
    ['index-B-R4x_2e.js', 'index.js'],
    ['vendors~main.9c0d1e2f3a4b5c6d7e8f.bundle.js', 'vendors~main.bundle.js'],
    ['4821.9c0d1e2f.js', '4821.js'],
    ['my-cool-component-a1b2c3d4.js', 'my-cool-component.js'],
    ['9c0d1e2f3a4b.js', '<hash>.js'],
    ['app.js', 'app.js'],
    ['jquery-3.6.0.min.js', 'jquery-3.6.0.min.js'],
    ['my-component2.js', 'my-component2.js'],
    ['shopping-cart.js', 'shopping-cart.js'],
    ['date-fns.js', 'date-fns.js'],
  ])('%s', (name, expected) => {
    expect(withoutContentHash(name)).toBe(expected)
  })

  it('go where no map was applied, and stay in other languages', () => {
    const frame: Frame = { filename: 'app:///main.3f9ac21b.js', function: 'f' }
    expect(parts(frame, 'javascript')).toMatchObject({ filename: 'main.js' })
    const mapped = { ...frame, data: { sourcemap: 'main.js.map' } }
    expect(parts(mapped, 'javascript')).toMatchObject({ filename: 'main.3f9ac21b.js' })
    expect(parts({ ...frame, filename: 'main.3f9ac21b.py' }, 'python')).toMatchObject({
      filename: 'main.3f9ac21b.py',
    })
  })
})

describe('context line', () => {
  const frame: Frame = { module: 'm', function: 'f', context_line: '  if  (a)\t{ b() }  ' }

  it.each(['javascript', 'node', 'python', 'php', 'ruby'])('counts in %s', (platform) => {
    expect(parts(frame, platform)['context-line']).toBe('if (a) { b() }')
  })

  it.each(['java', 'go', 'csharp', 'native', 'other', 'elixir'])('does not in %s', (platform) => {
    expect(parts(frame, platform)['context-line']).toBeUndefined()
  })

  it('is left out when it is longer than 120 characters', () => {
    const line = (length: number) => parts({ ...frame, context_line: 'x'.repeat(length) }, 'node')
    expect(line(120)['context-line']).toHaveLength(120)
    expect(line(121)['context-line']).toBeUndefined()
    expect(line(5000)['context-line']).toBeUndefined()
  })

  it('is left out where a script from a URL has no function', () => {
    const page: Frame = { abs_path: 'https://a.example/', filename: '/', context_line: '<html>' }
    expect(parts(page, 'javascript')).toEqual({})
    expect(parts({ ...page, function: 'f' }, 'javascript')).toEqual({
      function: 'f',
      'context-line': '<html>',
    })
  })

  it('stands for the function where a source map gave both', () => {
    const mapped = { ...frame, data: { sourcemap: 'a.map' } }
    expect(parts(mapped, 'javascript')).toEqual({ module: 'm', 'context-line': 'if (a) { b() }' })
  })
})

describe('java modules', () => {
  it.each([
    ['sun.reflect.GeneratedMethodAccessor42', 'sun.reflect.GeneratedMethodAccessor<auto>'],
    [
      'jdk.internal.reflect.GeneratedSerializationConstructorAccessor7',
      'jdk.internal.reflect.GeneratedSerializationConstructorAccessor<auto>',
    ],
    [
      'jdk.internal.reflect.GeneratedConstructorAccessor7',
      'jdk.internal.reflect.GeneratedConstructorAccessor<auto>',
    ],
    [
      'com.shop.Cart$$EnhancerBySpringCGLIB$$1a2b3c4d',
      'com.shop.Cart$$EnhancerBySpringCGLIB$$<auto>',
    ],
    ['com.shop.Cart$$FastClassByGuice$$9f3ab2', 'com.shop.Cart$$FastClassByGuice$$<auto>'],
    ['com.shop.Cart$$SpringCGLIB$$0', 'com.shop.Cart$$SpringCGLIB$$<auto>'],
    ['com.shop.Cart_$$_javassist_7', 'com.shop.Cart_$$_javassist<auto>'],
    ['com.shop.Cart_$$_javassist_seam_5', 'com.shop.Cart_$$_javassist_seam<auto>'],
    ['shop.core$handler$fn__1234', 'shop.core$handler$fn__<auto>'],
    ['com.shop.Cart$HibernateProxy$aB3dE', 'com.shop.Cart$HibernateProxy$<auto>'],
    ['com.sun.proxy.$Proxy12', 'com.sun.proxy.$Proxy<auto>'],
    ['com.shop.Cart$Item', 'com.shop.Cart$Item'],
    ['com.shop.Cart', 'com.shop.Cart'],
  ])('%s', (module, expected) => {
    expect(parts({ module, function: 'f' }, 'java')).toEqual({ module: expected, function: 'f' })
  })

  it('of lambdas are left out', () => {
    const module = 'com.shop.Cart$$Lambda$14/0x0000000800066840'
    expect(parts({ module, function: 'run', filename: 'Cart.java' }, 'java')).toEqual({
      filename: 'cart.java',
      function: 'run',
    })
  })

  it('of other languages are left as they are', () => {
    expect(parts({ module: 'a.$Proxy12' }, 'python')).toEqual({ module: 'a.$Proxy12' })
  })
})

describe('native frames', () => {
  it('go by the function, not the file', () => {
    expect(parts({ filename: 'cart.c', function: 'add' }, 'native')).toEqual({ function: 'add' })
    expect(parts({ filename: 'cart.c' }, 'native')).toEqual({ filename: 'cart.c' })
  })

  it('go by the library where nothing else is known', () => {
    expect(parts({ package: '/usr/lib/libShop.so' }, 'native')).toEqual({ package: 'libshop.so' })
    expect(parts({ package: '/usr/lib/libShop.so', function: 'f' }, 'native')).toEqual({
      function: 'f',
    })
  })
})

describe('low quality frames of JavaScript', () => {
  it.each<[string, Frame]>([
    ['eval', { function: 'eval', filename: 'app.js' }],
    ['native code', { function: 'map', filename: '[native code]' }],
    ['an anonymous place', { function: 'Array.map', filename: '<anonymous>' }],
    ['a combined promise', { function: 'async Promise.all', filename: 'index 0' }],
  ])('%s', (_, frame) => {
    expect(parts(frame, 'javascript')).toEqual({})
    expect(parts(frame, 'python')).not.toEqual({})
  })
})

describe('the same place', () => {
  const frame: Frame = { function: 'f', filename: 'a.py', lineno: 1, colno: 2, module: 'm' }

  it('is one where everything is the same', () => {
    expect(isSamePlace({ ...frame, vars: { a: 1 } }, frame)).toBe(true)
  })

  it.each<Frame>([
    { function: 'g' },
    { filename: 'b.py' },
    { lineno: 2 },
    { colno: 3 },
    { module: 'n' },
    { abs_path: '/a.py' },
    { package: 'p' },
  ])('is another with %j', (change) => {
    expect(isSamePlace({ ...frame, ...change }, frame)).toBe(false)
  })
})
