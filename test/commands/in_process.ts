import { Readable, Writable } from 'node:stream'
import { run } from '../../commands/program.ts'
import type { World } from '../../commands/world.ts'
import type { Ended } from './weir.ts'

/** Runs a command in this very process, which is much faster than a new one. */
export async function inProcess(
  argv: readonly string[],
  env: Record<string, string> = {},
): Promise<Ended> {
  const stdout = new Gathered()
  const stderr = new Gathered()
  let set = 0
  const world: World = {
    argv,
    env,
    pid: process.pid,
    uid: 1000,
    home: '/nowhere',
    cwd: '/',
    stdin: Readable.from([]),
    stdout,
    stderr,
    onSignal: () => undefined,
    started: () => undefined,
    setExitCode: (code) => void (set = code),
    exit: (code) => {
      throw new Error(`exit ${code}`)
    },
  }
  const code = (await run(world)) || set
  return { code, stdout: stdout.text, stderr: stderr.text }
}

class Gathered extends Writable {
  text = ''
  override _write(part: Buffer, _encoding: string, done: () => void): void {
    this.text += part.toString()
    done()
  }
}
