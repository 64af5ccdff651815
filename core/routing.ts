import { z } from 'zod'
import { ConfigError, messageOf } from './errors.ts'

/**
 * Tag patterns as Fluentd's `match` has them (lib/fluent/match.rb), parts being separated by dots:
 *
 * - `*` is any one part, or any run of characters within one: `web*.access`
 * - `**` is zero or more parts: `nginx.**` takes `nginx` and `nginx.access.shop`
 * - `{a,b}` is either pattern; braces nest
 * - `\` takes the next character as it is
 * - several patterns are separated by white space; one that matches is enough
 *
 * Braces are spelled out first, so `a.{**,x}` is `a.** a.x` (Fluentd asks for the dot here).
 */
export type MatchesTag = (tag: string) => boolean

const alternativesMax = 256

/** The function that says whether a tag fits `patterns`. Throws ConfigError on one that has no meaning. */
export function compileTagPatterns(patterns: string): MatchesTag {
  const list = patterns.split(/\s+/).filter((pattern) => pattern !== '')
  if (list.length === 0) throw invalid(patterns, 'it is empty; `**` matches every tag')
  const flat = list.flatMap((pattern) => spellOut(pattern))
  if (flat.includes('**')) return () => true
  const regex = new RegExp(`^(?:${flat.map(regexOf).join('|')})$`, 's')
  return (tag) => regex.test(tag)
}

/** A config value that is a list of tag patterns. */
export const tagPatterns = () =>
  z
    .string()
    .superRefine((patterns, context) => {
      try {
        compileTagPatterns(patterns)
      } catch (failure) {
        context.addIssue({ code: 'custom', message: messageOf(failure) })
      }
    })
    .meta({ unit: 'tag patterns' })

/** What routing needs to know of an output. */
export interface Route {
  readonly match: string
  /** An event that this output takes goes to no later one. */
  readonly final: boolean
}

/** Tags may come from outside (`/in/<tag>`), so what is remembered of them is bounded. */
const rememberedTagsMax = 10_000

/**
 * The function from a tag to every output that takes it, in order; the search ends behind one that
 * is `final`. The answer for a tag is remembered and must not be changed.
 */
export function router<R extends Route>(outputs: readonly R[]): (tag: string) => readonly R[] {
  const routes = outputs.map((output) => ({ output, matches: compileTagPatterns(output.match) }))
  const remembered = new Map<string, readonly R[]>()
  const search = (tag: string) => {
    const taken: R[] = []
    for (const { output, matches } of routes) {
      if (!matches(tag)) continue
      taken.push(output)
      if (output.final) break
    }
    return taken
  }
  return (tag) => {
    const known = remembered.get(tag)
    if (known) return known
    if (remembered.size === rememberedTagsMax) remembered.clear()
    const found = search(tag)
    remembered.set(tag, found)
    return found
  }
}

/** `a.{b,c}` to `a.b` and `a.c`. */
function spellOut(pattern: string): readonly string[] {
  const { texts, end } = alternatives(pattern, 0, false)
  if (end < pattern.length) throw invalid(pattern, `"}" at column ${end + 1} closes nothing`)
  return texts
}

/** Reads from `at` to the end of the pattern or, inside braces, to their end. */
function alternatives(pattern: string, at: number, inBraces: boolean) {
  const finished: string[] = []
  let texts = ['']
  const append = (more: readonly string[]) => {
    texts = texts.flatMap((text) => more.map((other) => text + other))
    if (texts.length + finished.length > alternativesMax) {
      throw invalid(pattern, `its braces stand for more than ${alternativesMax} patterns`)
    }
  }
  let end = at
  for (; end < pattern.length && pattern[end] !== '}'; end++) {
    const character = pattern[end]!
    if (character === '\\') append([pattern.slice(end, ++end + 1)])
    else if (character === ',' && inBraces) {
      finished.push(...texts)
      texts = ['']
    } else if (character === '{') {
      const inner = alternatives(pattern, end + 1, true)
      if (inner.end === pattern.length) throw invalid(pattern, 'a "{" is not closed')
      append(inner.texts)
      end = inner.end
    } else append([character])
  }
  return { texts: [...finished, ...texts], end }
}

function regexOf(flat: string): string {
  let source = ''
  const single = flat.replaceAll(/(?<=^|\.)(?:\*\*\.)+(?=\*\*(?:\.|$))/g, '')
  for (const [token] of single.matchAll(/\.\*\*(?=\.|$)|^\*\*\.|\*\*|\*|\\?./gs)) {
    // `a.**` takes `a`; `**.b` takes `b`; in between one dot stays: `a.**.b` takes `a.b`.
    if (token === '.**') source += '(?:\\..*)?'
    else if (token === '**.') source += '(?:.*\\.)?'
    else if (token === '**') source += '.*'
    else if (token === '*') source += '[^.]*'
    else source += RegExp.escape(token.length === 2 ? token[1]! : token)
  }
  return source
}

function invalid(pattern: string, why: string): ConfigError {
  return new ConfigError(
    'WEIR_CONFIG_INVALID',
    `"${pattern}" is no tag pattern: ${why}; write such as \`nginx.**\` or \`{web,db}.*\``,
  )
}
