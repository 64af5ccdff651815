import { flushCompileCache } from 'node:module'
import { homedir } from 'node:os'
import './core/module_hooks.ts'
import { keepHeapsSmall } from './core/threads/heap_flags.ts'
import type { World } from './commands/world.ts'

/** The composition root: the only file that touches the process (environment, signals, exit). */

const env = { ...process.env }
// What bin/weir says to malloc keeps this process small; the store's lives on large buffers that are used again.
delete env['MALLOC_MMAP_THRESHOLD_']

const world: World = {
  argv: process.argv.slice(2),
  env,
  pid: process.pid,
  uid: process.getuid?.(),
  home: homedir(),
  cwd: process.cwd(),
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  onSignal: (signal, handler) => void process.on(signal, handler),
  started: () => {
    // A long-running Weir may be killed; what it compiled is worth keeping from its start on.
    flushCompileCache()
    keepHeapsSmall()
  },
  setExitCode: (code) => void (process.exitCode = code),
  exit: (code) => process.exit(code),
}

// A reader that has seen enough (`weir journal cat | head`) is no error.
process.stdout.on('error', (failure: NodeJS.ErrnoException) => {
  process.exit(failure.code === 'EPIPE' ? 0 : 1)
})

const { run } = await import('./commands/program.ts')
// Not process.exit(): what was written to a pipe has to get there first.
const code = await run(world)
if (code !== 0) process.exitCode = code
