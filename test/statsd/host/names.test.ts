import { expect, test } from 'vitest'
import { dottedNames } from '../../../statsd/host/dotted.ts'
import { textOf } from '../../source_files.ts'

/** `a.{b,c}` as `a.b` and `a.c`. */
const expanded = (text: string): string[] => {
  const [, before, choices, after] = /^(.*?)\{([^}]*)\}(.*)$/.exec(text) ?? []
  if (choices === undefined) return [text]
  return choices.split(',').flatMap((choice) => expanded(`${before}${choice}${after}`))
}

test('docs/HOST_METRICS.md has every dotted name, and no others', () => {
  const rows = textOf('docs/HOST_METRICS.md').matchAll(/^\| (`host\..*?) \|/gm)
  const written = Array.from(rows, ([, cell]) => cell!.match(/`[^`]+`/g)!).flat()
  const names = written.flatMap((each) => expanded(each.slice(1, -1)))
  const modes = names.map((name) => name.replace(/^host\.cpu\..*/, 'host.cpu.*'))
  expect([...new Set(modes)].toSorted()).toEqual(dottedNames.toSorted())
})
