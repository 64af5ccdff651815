import { execFile } from 'node:child_process'
import { join } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import type { PeerName } from '../../peers/catalogue.ts'
import type { Found } from '../../peers/require.ts'

/**
 * A program that throws the same error twice and another one in between, with an SDK that reports them:
 * a price that is missing (of article 1234, and later of another one), and a refund without an order.
 */
export interface SdkProgram {
  readonly name: string
  readonly peer: PeerName
  /** It wants a DSN with a secret. */
  readonly needsSecret?: true
  readonly command: (peer: Found) => readonly [program: string, ...args: string[]]
  /** The function that threw, and its file. */
  readonly function: string
  readonly file: string
  /** What it sends otherwise than its fellows. */
  readonly user?: Record<string, string>
}

const node = join(import.meta.dirname, '../../../bin/node')
const frameworks = ['plain', 'logging_handler', 'wsgi', 'django', 'flask', 'celery', 'pyramid']
const python = (peer: Found) => join(peer.path, 'bin/python')
const inPython = { function: 'checkout', file: 'shop.py' }

export const sdkPrograms: readonly SdkProgram[] = [
  {
    name: 'sentry-node',
    peer: 'sentry-node',
    command: () => [node, 'sentry_node.mjs'],
    function: 'checkout',
    file: 'sentry_node.mjs',
  },
  {
    name: 'raven-node',
    peer: 'raven-node',
    needsSecret: true,
    command: () => [node, 'raven_node.mjs'],
    function: 'checkout',
    file: 'raven_node.mjs',
  },
  ...frameworks.map((framework): SdkProgram => ({
    name: `sentry-python-${framework}`,
    peer: 'sentry-python',
    command: (peer) => [python(peer), 'sentry_python.py', framework],
    ...inPython,
  })),
  ...frameworks.map((framework): SdkProgram => ({
    name: `raven-python-${framework}`,
    peer: 'raven-python',
    needsSecret: true,
    command: (peer) => [python(peer), 'raven_python.py', framework],
    ...inPython,
    // Its middleware has the last word.
    ...(framework === 'django' && { user: { ip_address: '127.0.0.1' } }),
  })),
  {
    name: 'sentry-go',
    peer: 'sentry-go',
    command: (peer) => [peer.path],
    function: 'checkout',
    file: 'main.go',
  },
  {
    name: 'sentry-java',
    peer: 'sentry-java',
    command: (peer) => [join(peer.java, 'bin/java'), '-cp', peer.path, 'Program.java'],
    function: 'checkout',
    file: 'Program.java',
  },
  {
    name: 'sentry-rust',
    peer: 'sentry-rust',
    command: (peer) => [peer.path],
    function: 'shop::checkout',
    file: 'main.rs',
  },
]

/** What no report may leave behind: each program sends it as its `password`. */
export const canary = 'canary-7f3a91'

/** Runs one in `folder`, which has the programs' sources, until it has sent what it had to. */
export async function runSdk(sdk: SdkProgram, peer: Found, folder: string, dsn: string) {
  const [program, ...args] = sdk.command(peer)
  const env = { ...process.env, SENTRY_DSN: dsn, SDK: peer.path, CANARY: canary }
  await promisify(execFile)(program, args, { cwd: folder, env, timeout: 60_000 })
}
