import { z } from 'zod'
import { defineInput } from '../input.ts'
import { connectionOptions } from './listen/options.ts'
import { datagramProblem } from './listen/datagram_package.ts'

/** Messages over a Unix socket. */
export const unix = defineInput(
  'unix',
  'Messages over a Unix domain socket, as a stream or as datagrams',
  {
    path: z
      .string()
      .regex(/^\//, 'the path of a Unix socket begins with /')
      .refine((path) => Buffer.byteLength(path) <= 107, 'a Unix socket path has 107 bytes at most')
      .describe('Where the socket is; a socket that nobody listens on any more is replaced'),
    mode: z
      .enum(['stream', 'datagram'])
      .default('stream')
      .describe(
        '`stream` for connections; `datagram` needs the package node-unix-socket, as Node has no such sockets',
      ),
    permissions: z
      .string()
      .regex(/^0?[0-7]{3}$/, 'write permissions in octal, such as "0660"')
      .default('0660')
      .describe('Permissions of the socket, octal: who may write to it may send'),
    ...connectionOptions,
  },
  async (config, context) => {
    if (config.mode === 'datagram') {
      const { UnixDatagramInput } = await import('./listen/unix_datagram.ts')
      return new UnixDatagramInput(config, context)
    }
    const { UnixInput } = await import('./listen/unix_input.ts')
    return new UnixInput(config, context)
  },
  (config, context) => {
    const message = config.mode === 'datagram' ? datagramProblem(config) : undefined
    if (message !== undefined) context.addIssue({ code: 'custom', path: ['mode'], message })
  },
)
