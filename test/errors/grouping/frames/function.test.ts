import { describe, expect, it } from 'vitest'
import { functionComponent } from '../../../../errors/grouping/frames/function.ts'
import { isCallbackCause } from '../../../../errors/grouping/frames/javascript_function.ts'

/** What a function contributes; null: nothing. */
function contributed(platform: string, name: string, rawName = '', mappedWithLine = false) {
  const part = functionComponent({ name, rawName, platform, mappedWithLine })
  return part.contributes ? part.text : null
}

const tables: Record<string, readonly (readonly [string, string | null])[]> = {
  javascript: [
    ['foo', 'foo'],
    ['Object.foo', 'foo'],
    ['Cart.prototype.add', 'add'],
    ['new Cart', 'Cart'],
    ['async load', 'load'],
    ['async*load', 'load'],
    ['async Object.load', 'load'],
    ['new app.Cart', 'Cart'],
    ['Foo.get total [as total]', 'total'],
    ['Object.start [as onStart]', 'start'],
    ['outer/inner', 'inner'],
    ['outer/<', null],
    ['outer/this.onclick<', null],
    ['setTimeout handler*start', 'start'],
    ['Foo.<anonymous>', null],
    ['Foo.<computed> [as x]', null],
    ['<anonymous>', null],
    ['Foo.<static_initializer>', null],
    ['?', null],
    ['Anonymous function', null],
    ['<anonymous function>', null],
    ['Global code', null],
    ['module code', null],
    ['Cart.#total', '#total'],
    ['$scope.$apply', '$apply'],
  ],
  node: [
    ['Server.handle', 'handle'],
    ['async Promise.all', 'all'],
  ],
  python: [
    ['Cart.add', 'Cart.add'],
    ['<lambda>', '<lambda>'],
    ['<module>', '<module>'],
  ],
  ruby: [
    ['block in index', 'block'],
    ['block (2 levels) in <top (required)>', 'block'],
    ['_app_views_cart_html_erb__3724847382_70123456789', '_app_views_cart_html_erb'],
    ['index', 'index'],
    ['do_it__12_34', 'do_it__12_34'],
  ],
  php: [
    ['App\\Cart::add', 'App\\Cart::add'],
    ['[Anonymous function]', null],
    ['class@anonymous\0/srv/app.php:3$0', null],
    ['class@anonymous\0/srv/app.php:3$0::run', 'run'],
    ['{closure}', '{closure}'],
  ],
  java: [
    ['handle', 'handle'],
    ['lambda$main$0', null],
    ['<init>', '<init>'],
  ],
  kotlin: [['lambda$main$0', null]],
  csharp: [
    ['Main', 'Main'],
    ['System.Void Shop.Cart.Add (System.Int32 id)', 'System.Void Shop.Cart.Add'],
  ],
  go: [['(*Cart).Add.func1', '(*Cart).Add.func1']],
  elixir: [['anonymous fn/1 in Shop.run/0', 'anonymous fn/1 in Shop.run/0']],
  native: [
    ['main', 'main'],
    ['int main(int, char**)', 'main'],
    ['static void shop::Cart::add(int) const', 'shop::Cart::add'],
    ['void shop::Cart::add(int) &&', 'shop::Cart::add'],
    ['std::vector<int, std::allocator<int> >::push_back(int const&)', 'std::vector<T>::push_back'],
    ['std::map<std::string, std::vector<int>>* make<int>(int)', 'make<T>'],
    ['(anonymous namespace)::helper(int)', '(anonymous namespace)::helper'],
    ['operator new(unsigned long)', 'operator new'],
    ['shop::Cart::operator()(int)', 'shop::Cart::operator()'],
    ['shop::operator<(A const&, B const&)', 'shop::operator<'],
    ['shop::run()::{lambda(int)#1}::operator()(int) const', 'shop::run'],
    ['shop::run::$_0::operator()(int)', 'shop::run::lambda::operator()'],
    ['<lambda_1a2b3c>::operator()', 'lambda::operator()'],
    ['foo [clone .isra.5] [clone .constprop.2]', 'foo'],
    ['foo.isra.0', 'foo'],
    ['malloc@@GLIBC_2.2.5', 'malloc'],
    ['shop::cart::add::h0123456789abcdef', 'shop::cart::add'],
    ['<shop::Cart as core::fmt::Debug>::fmt::h0123456789abcdef', 'shop::Cart::fmt'],
    ['<alloc::vec::Vec<T> as core::ops::Drop>::drop', 'alloc::vec::Vec::drop'],
    ['core::option::Option<T>::unwrap', 'core::option::Option<T>::unwrap'],
    ['core::option::Option::<T>::unwrap', 'core::option::Option<T>::unwrap'],
    ['shop::main::{{closure}}', 'shop::main::{closure}'],
    ['-[Cart add:to:]', '-[Cart add:to:]'],
    ['+[NSObject load]', '+[NSObject load]'],
    ['closure #1 in closure #2 in Cart.add(item:)', 'closure'],
    ['partial apply for closure #1 in Cart.add(item:)', 'closure'],
    ['thunk for @escaping @callee_guaranteed () -> ()', 'closure'],
    ['reabstraction thunk helper from @escaping () -> ()', 'closure'],
    ['Cart.add(item: Item) -> Bool', 'Cart.add'],
    ['<redacted>', null],
    ['<unknown>', null],
  ],
}

describe.each(Object.entries(tables))('%s', (platform, table) => {
  it.each(table)('%j', (name, expected) => {
    expect(contributed(platform, name)).toBe(expected)
  })
})

describe('functions', () => {
  it('of C# go by the raw name', () => {
    expect(contributed('csharp', 'Add', 'Cart.Add (int id)')).toBe('Cart.Add')
  })

  it('of JavaScript are left out when a source map gave them and the line is there', () => {
    expect(contributed('javascript', 'add', '', true)).toBe(null)
    expect(contributed('javascript', 'add', '', false)).toBe('add')
  })

  it('of other languages stay', () => {
    expect(contributed('python', 'add', '', true)).toBe('add')
  })

  it('that are absent contribute nothing', () => {
    for (const platform of Object.keys(tables)) expect(contributed(platform, '')).toBe(null)
  })
})

describe('the place where a callback was given away', () => {
  it.each([
    ['setTimeout handler*start', true],
    ['EventListener.handleEvent*', true],
    ['promise callback*order/<', true],
    ['async*load', false],
    ['async*async*load', false],
    ['load', false],
    ['*load', false],
  ])('%s', (name, expected) => {
    expect(isCallbackCause(name)).toBe(expected)
  })
})
