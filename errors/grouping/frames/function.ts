import { component, muted, nothing, type Component } from '../component.ts'
import { familyOf, isJvm } from '../platform.ts'
import { javaScriptFunction } from './javascript_function.ts'
import { nativeFunction } from './native_function.ts'

/** What a function's name depends on. */
export interface FunctionSource {
  readonly name: string
  readonly rawName: string
  readonly platform: string
  /** Whether a source map gave it, and there is the line of source to tell the place by. */
  readonly mappedWithLine: boolean
}

/** The function, as it is called whatever compiled it and whoever wrote down the stack. */
export function functionComponent(source: FunctionSource): Component {
  const { platform } = source
  const preferred =
    platform === 'csharp' && source.rawName !== '' ? source.rawName : source.name || source.rawName
  const given = preferred.length > 2048 ? preferred.slice(0, 2048) : preferred
  if (given === '') return nothing('function')
  const ignored = (hint: string) => muted(component('function', [given]), hint)
  const named = (name: string, hint: string) => {
    if (name === given) return component('function', [given])
    return name === '' ? ignored(hint) : component('function', [name], hint)
  }
  switch (platform) {
    case 'ruby':
      return named(rubyFunction(given), 'removed generated parts')
    case 'php':
      return isAnonymousPhp(given)
        ? ignored('ignored anonymous function')
        : named(phpFunction(given), 'removed anonymous class')
    case 'csharp': {
      const end = given.indexOf(' (')
      return named(end > 0 ? given.slice(0, end) : given, 'trimmed parameters')
    }
  }
  if (isJvm(platform) && given.startsWith('lambda$')) return ignored('ignored lambda function')
  switch (familyOf(platform)) {
    case 'javascript': {
      const name = javaScriptFunction(given)
      if (name === '') return ignored('ignored unknown function name')
      if (source.mappedWithLine) {
        return ignored('ignored because sourcemap used and context line available')
      }
      return named(name, 'trimmed javascript function')
    }
    case 'native': {
      const name = nativeFunction(given)
      if (/^<(?:redacted|unknown)>$/.test(name)) return ignored('ignored unknown function')
      return named(name, 'trimmed function')
    }
    case 'other':
      return named(given, '')
  }
}

/** `block in index`, `block (2 levels) in index` → `block`; what ERB makes of a template has the process's ids. */
function rubyFunction(name: string): string {
  if (name.startsWith('block ')) return 'block'
  return name.replace(/__\d{4,20}_\d{4,20}$/, '')
}

const isAnonymousPhp = (name: string) =>
  name.startsWith('[Anonymous') || (name.startsWith('class@anonymous\0') && !name.includes('::'))

/** `class@anonymous\0/srv/app.php:3$0::run` → `run`. */
function phpFunction(name: string): string {
  if (!name.startsWith('class@anonymous')) return name
  const at = name.lastIndexOf('::')
  return at < 0 ? name : name.slice(at + 2)
}
