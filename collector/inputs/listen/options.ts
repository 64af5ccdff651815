import { z } from 'zod'

export const addRemoteAddress = () =>
  z
    .boolean()
    .default(true)
    .describe("Whether an event says who sent it: `source.address`, `source.ip` (the peer's)")

export const reusePort = () =>
  z
    .boolean()
    .default(true)
    .describe(
      'With several workers: whether each has a socket of its own and the kernel shares out what arrives; otherwise the first worker has the only one',
    )
