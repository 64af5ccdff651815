import type { Match } from '../../../core/linear_regexp.ts'

/** Fills `$1` and `${1}` with what the `*` of a glob stand for; a number beyond them is nothing. */
export const fillFromGlob = (template: string, captures: readonly string[]): string =>
  template.replace(/\$\{?(\d+)\}?/g, (_, group: string) => captures[Number(group) - 1] ?? '')

/**
 * Fills a template as Go's regexp.Expand: `$name` takes as many letters, digits and `_` as follow, so `$1x` is
 * the group `1x`; `$$` is a dollar.
 */
export const fillFromRegExp = (template: string, { groups, named }: Match): string =>
  template.replace(/\$(?:\$|\{(\w+)\}|(\w+))/g, (whole, braced?: string, bare?: string) => {
    if (whole === '$$') return '$'
    const name = (braced ?? bare)!
    return (/^\d+$/.test(name) ? groups[Number(name)] : named[name]) ?? ''
  })
