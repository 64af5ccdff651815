/**
 * Runs a built script as if it was loaded from a URL, lets it throw, and prints what a browser's SDK would send of it:
 * `node throw.mjs FILE URL`. Frames are the innermost last, as in Sentry's events.
 */
import { readFileSync } from 'node:fs'
import process from 'node:process'
import vm from 'node:vm'

const [file, url] = process.argv.slice(2)
vm.runInThisContext(readFileSync(file, 'utf8'), { filename: url })
try {
  globalThis.start([1, 2, 3])
} catch (thrown) {
  const frames = thrown.stack
    .split('\n')
    .map((line) => /^\s*at (?:(.+?) \()?(https?:.+?):(\d+):(\d+)\)?$/.exec(line))
    .filter(Boolean)
    .map(([, name, abs_path, lineno, colno]) => ({
      function: name ?? '?',
      abs_path,
      filename: new URL(abs_path).pathname,
      lineno: Number(lineno),
      colno: Number(colno),
      in_app: true,
    }))
    .toReversed()
  const ids = Object.entries(globalThis._sentryDebugIds ?? {})
  const images = ids
    .filter(([stack]) => stack.includes(url))
    .map(([, debug_id]) => ({ type: 'sourcemap', code_file: url, debug_id }))
  console.log(JSON.stringify({ type: thrown.name, value: thrown.message, frames, images }))
}
