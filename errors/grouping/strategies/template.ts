import { component, nothing } from '../component.ts'
import type { Strategy } from './strategy.ts'

/** A mistake in a template (Django's): its file, and its line's text. */
export const template: Strategy = {
  name: 'template',
  parts({ event }) {
    if (!event.template) return undefined
    const { filename, abs_path: absPath, context_line: line } = event.template
    const file = textOf(filename) || textOf(absPath)
    const source = textOf(line).trim()
    const parts = [
      file === '' ? nothing('filename') : component('filename', [file]),
      source === '' ? nothing('context-line') : component('context-line', [source]),
    ]
    return { default: component('template', parts) }
  },
}

const textOf = (value: unknown) => (typeof value === 'string' ? value : '')
