import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { accessSync, constants, existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname } from 'node:path'
import { addressesOf, collide } from '../core/listen/addresses.ts'
import { lookAtPath } from '../core/listen/unix_path.ts'
import { WeirError } from '../core/errors.ts'
import type { ListenAddress as HttpAddress } from '../core/http/address.ts'
import { addressText, listenFailure, whoHolds, type ListenAddress } from '../core/listen/failure.ts'
import type { Finding } from './finding.ts'

/** An address that something of the config listens on. */
export interface WantedAddress {
  readonly subject: string
  /** The config key that sets the address. */
  readonly key: string
  readonly address: ListenAddress
}

interface Surroundings {
  /** A start makes it, and with it the folders above it. */
  readonly dataFolder: string
  /** The process of a Weir that has the data folder; what it listens on is no problem. */
  readonly runningPid: number | undefined
}

/**
 * Opens every address for a moment.
 *
 * @param others addresses of other parts.
 */
export async function checkAddresses(
  httpAddresses: readonly HttpAddress[],
  inputs: readonly { type: string; [key: string]: unknown }[],
  others: readonly WantedAddress[],
  surroundings: Surroundings,
): Promise<Finding[]> {
  const wanted = [...wantedAddresses(httpAddresses, inputs), ...others]
  const findings: Finding[] = []
  for (const [index, { subject, key, address }] of wanted.entries()) {
    // Among inputs the config's schema has seen to it.
    const taken = wanted.slice(0, index).find((other) => collide(other.address, address))
    const message = taken
      ? `${addressText(address)} is that of ${taken.subject} (${addressText(taken.address)}): set another in ${key}`
      : await tryAddress(address, key, surroundings)
    if (message !== undefined) findings.push({ level: 'problem', subject, message })
  }
  return findings
}

function wantedAddresses(
  httpAddresses: readonly HttpAddress[],
  inputs: readonly { type: string; [key: string]: unknown }[],
): WantedAddress[] {
  const ofHttp = httpAddresses.flatMap((address): WantedAddress[] => {
    // One that was passed on is open already.
    if (address.kind === 'fd') return []
    const listen = { ...address, protocol: address.kind } as ListenAddress
    return [{ subject: 'http', key: '--listen or http.listen', address: listen }]
  })
  const ofInputs = inputs.flatMap((input) => {
    const name = String(input['id'] ?? input.type)
    const key = `${input.type === 'unix' ? 'path' : 'listen'} of input ${name}`
    return addressesOf(input).map((address) => ({ subject: `input ${name}`, key, address }))
  })
  return [...ofHttp, ...ofInputs]
}

async function tryAddress(
  address: ListenAddress,
  key: string,
  { dataFolder, runningPid }: Surroundings,
): Promise<string | undefined> {
  if (runningPid !== undefined && whoHolds(address)?.pid === runningPid) return undefined
  try {
    if (address.protocol === 'unix') {
      const folder = dirname(address.path)
      if (!existsSync(folder) && `${dataFolder}/`.startsWith(`${folder}/`)) return undefined
      accessSync(folder, constants.W_OK | constants.X_OK)
      await lookAtPath(address.path, key)
    } else if (address.protocol === 'udp') {
      const socket = createSocket(address.host.includes(':') ? 'udp6' : 'udp4')
      socket.bind(address.port, address.host)
      await once(socket, 'listening')
      socket.close()
    } else {
      const server = createServer()
      server.listen(address.port, address.host)
      await once(server, 'listening')
      server.close()
    }
    return undefined
  } catch (failure) {
    if (failure instanceof WeirError) return failure.message
    return listenFailure(failure, address, key).message
  }
}
