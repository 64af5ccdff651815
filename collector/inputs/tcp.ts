import { z } from 'zod'
import { defineInput } from '../input.ts'
import { access } from '../../core/listen/access_options.ts'
import { listen } from '../../core/listen/address.ts'
import { addRemoteAddress, connectionOptions, reusePort } from './listen/options.ts'
import { tlsOptions } from '../../core/listen/tls.ts'

/** Messages over TCP, as Fluentd's in_tcp takes them; port 5170 by default. */
export const tcp = defineInput(
  'tcp',
  'Messages over TCP connections, with or without TLS',
  {
    listen: listen('tcp', 5170),
    ...connectionOptions,
    ...access,
    tls: tlsOptions,
    add_remote_addr: addRemoteAddress(),
    reuse_port: reusePort(),
    backlog: z.int().min(1).default(1024).describe('Connections the kernel holds until accepted'),
  },
  async (config, context) => {
    const { TcpInput } = await import('./listen/tcp_input.ts')
    return new TcpInput(config, context)
  },
)
