import { lstatSync, unlinkSync } from 'node:fs'
import { connect } from 'node:net'
import { WeirError } from '../errors.ts'
import { whoHolds } from './failure.ts'

/** Makes way for a socket at `path`: what a process that died left there is removed. */
export async function clearPath(path: string, key: string): Promise<void> {
  if ((await lookAtPath(path, key)) === 'left behind') unlinkSync(path)
}

/**
 * Looks at where a socket is to be, and changes nothing.
 *
 * @param key the config key to name in the error.
 * @throws WeirError WEIR_LISTEN_FAILED when somebody answers, or when it is something else than a socket.
 */
export async function lookAtPath(path: string, key: string): Promise<'nothing' | 'left behind'> {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (!found) return 'nothing'
  const fail = (text: string): never => {
    throw new WeirError('WEIR_LISTEN_FAILED', `cannot listen on unix://${path}: ${text}`)
  }
  if (!found.isSocket()) {
    return fail(`there is something that is no socket. Move it away, or set another path in ${key}`)
  }
  if (await answers(path)) {
    const holder = whoHolds({ protocol: 'unix', path })
    const by = holder ? `${holder.name} (pid ${holder.pid})` : 'another process'
    return fail(`${by} listens there. Stop that process, or set another path in ${key}`)
  }
  return 'left behind'
}

/** Whether a process has the socket open. Only a refusal says that nobody has. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path)
    probe.once('connect', () => {
      probe.destroy()
      resolve(true)
    })
    probe.once('error', (failure: NodeJS.ErrnoException) => {
      resolve(failure.code !== 'ECONNREFUSED' && failure.code !== 'ENOENT')
    })
  })
}
