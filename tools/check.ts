/**
 * `npm run check`: everything quick that must hold before a commit. A line for each check as it ends;
 * behind it the output of those that failed. Import boundaries and docs are among the unit tests.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import process from 'node:process'

interface Check {
  readonly name: string
  /** A program of node_modules/.bin and its arguments. */
  readonly command: readonly [string, ...string[]]
}
interface Result {
  readonly ok: boolean
  readonly seconds: number
  readonly output: string
}

/** The longest first: two run at a time. */
const checks: readonly Check[] = [
  // vitest leaves one of two cores alone; while a test waits for a file, another can run.
  {
    name: 'unit tests',
    command: ['vitest', 'run', '--project', 'unit', '--reporter', 'dot', '--maxWorkers', '2'],
  },
  // Each checker of its own learns the libraries' types again; what was found right is not checked again.
  {
    name: 'types',
    command: [
      'tsc',
      '--noEmit',
      '--checkers',
      '2',
      '--incremental',
      '--tsBuildInfoFile',
      '.cache/types',
    ],
  },
  { name: 'lint', command: ['oxlint', '--type-aware', '--deny-warnings', '--quiet'] },
  { name: 'format', command: ['oxfmt', '--check', '.'] },
  { name: 'dead code', command: ['knip', '--no-progress'] },
]

/** A check that takes longer hangs; it and all that it started are ended. */
const limitMs = 120_000

const started = performance.now()
const waiting = [...checks]
const failed: { check: Check; result: Result }[] = []
await Promise.all([work(), work()])

for (const { check, result } of failed) console.log(`\n── ${check.name}\n${result.output.trim()}`)
const seconds = ((performance.now() - started) / 1000).toFixed(1)
console.log(`\n${checks.length - failed.length} of ${checks.length} checks passed in ${seconds} s`)
process.exitCode = failed.length === 0 ? 0 : 1

async function work() {
  for (let check = waiting.shift(); check; check = waiting.shift()) {
    const result = await run(check)
    console.log(
      `${result.ok ? 'ok  ' : 'FAIL'} ${check.name.padEnd(12)} ${result.seconds.toFixed(1)} s`,
    )
    if (!result.ok) failed.push({ check, result })
  }
}

async function run({ command: [program, ...args] }: Check): Promise<Result> {
  const start = performance.now()
  const child = spawn(process.execPath, [`node_modules/.bin/${program}`, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  const chunks: Buffer[] = []
  const limit = setTimeout(() => {
    chunks.push(Buffer.from(`\nended: not done after ${limitMs / 1000} s`))
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
  }, limitMs)
  const keep = (chunk: Buffer) => void chunks.push(chunk)
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  const [code] = (await once(child, 'close')) as [number | null]
  clearTimeout(limit)
  const seconds = (performance.now() - start) / 1000
  return { ok: code === 0, seconds, output: Buffer.concat(chunks).toString() }
}
